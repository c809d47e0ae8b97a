"""Reading: encodings, delimiters, headers under titles, exact lines, and workbooks; nothing raises."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.datasets.files.archive import inspect_archive
from kpis.datasets.files.raw import Guess, RawTable
from kpis.datasets.files.reading import read_table
from kpis.datasets.limits import Limits, TooLarge

Read = Callable[..., RawTable]
TEXT = "订单编号,渠道,净额\nA1,门店,1.50\n𠮷2,直播,2\n"
ROWS = [{"订单编号": "A1", "渠道": "门店", "净额": "1.50"}, {"订单编号": "𠮷2", "渠道": "直播", "净额": "2"}]


def cells(raw: RawTable) -> list[dict[str, str]]:
    found: list[dict[str, str]] = raw.rows.drop_columns(["_line"]).to_pylist()
    return found


def codes(raw: RawTable) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in raw.problems]


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        fill(book)
    return out.getvalue()


@pytest.mark.parametrize(
    ("codec", "bom", "found", "sure"),
    [
        ("utf-8", b"", "utf-8", True),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig", True),
        ("utf-16-le", b"\xff\xfe", "utf-16", True),
        ("utf-16-be", b"\xfe\xff", "utf-16", True),
        ("gb18030", b"", "gb18030", False),
    ],
)
def test_encodings_are_found_and_a_guess_is_marked(read: Read, codec: str, bom: bytes, found: str, sure: bool) -> None:
    raw = read(bom + TEXT.encode(codec))
    assert (cells(raw), raw.encoding, raw.encoding_sure) == (ROWS, found, sure)


def test_utf_16_without_a_mark_is_seen_by_its_zero_bytes(read: Read) -> None:
    raw = read("order_id,channel,net_amount\nA1,store,1\n".encode("utf-16-be"))
    assert (raw.encoding, raw.encoding_sure) == ("utf-16-be", False)
    assert cells(raw) == [{"order_id": "A1", "channel": "store", "net_amount": "1"}]


def test_a_person_can_correct_the_encoding(read: Read) -> None:
    raw = read("訂單編號,渠道\n甲,門店\n".encode("big5"), guess=Guess(encoding="big5"))
    assert cells(raw) == [{"訂單編號": "甲", "渠道": "門店"}]


def test_one_damaged_character_does_not_turn_a_utf_8_file_into_gb18030(read: Read) -> None:
    raw = read(TEXT.encode() + "B3,门店,3\n".encode() * 50 + b"C\xff4,\xe9\x97\xa8,1\n")
    assert raw.encoding == "utf-8"
    assert not raw.encoding_sure
    assert cells(raw)[-1]["订单编号"] == "C\ufffd4"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(read: Read, delimiter: str) -> None:
    raw = read(TEXT.replace(",", delimiter))
    assert (cells(raw), raw.delimiter) == (ROWS, delimiter)


def test_the_header_is_found_under_title_rows(read: Read) -> None:
    raw = read(("门店日报\n导出时间：2024-06-01,,\n\n" + TEXT).encode("gb18030"))
    assert cells(raw) == ROWS
    assert raw.header_line == 4
    assert raw.rows.column("_line").to_pylist() == [5, 6]


def test_a_header_nobody_knows_is_still_the_first_full_row_of_words(read: Read) -> None:
    raw = read("report\nfoo,bar,baz\n1,2,3\n4,5,6\n")
    assert raw.columns == ("foo", "bar", "baz")
    assert raw.header_line == 2


def test_text_stays_as_it_was_typed(read: Read) -> None:
    raw = read("order_id,channel,net_amount\n00123,NA,1.50\nNone,null,1e309\n")
    assert cells(raw) == [
        {"order_id": "00123", "channel": "NA", "net_amount": "1.50"},
        {"order_id": "None", "channel": "null", "net_amount": "1e309"},
    ]


def test_ragged_lines_are_named_and_never_shifted(read: Read) -> None:
    raw = read("order_id,channel,net_amount\nA,store,1\nB,store\n\nC,store,3,4\nD,store,4\n")
    assert codes(raw) == [("ragged_row", 3), ("ragged_row", 5)]
    assert raw.rows.column("order_id").to_pylist() == ["A", "D"]
    assert raw.rows.column("_line").to_pylist() == [2, 6]


def test_lines_count_the_breaks_inside_quoted_cells(read: Read) -> None:
    raw = read('order_id,name\nA,"one\ntwo\nthree"\nB\nC,"say ""hi"""\nD,"x\n",1\nE,e\n')
    assert raw.rows.column("_line").to_pylist() == [2, 6, 9]
    assert codes(raw) == [("ragged_row", 5), ("ragged_row", 7)]
    assert raw.rows.column("name").to_pylist() == ["one\ntwo\nthree", 'say "hi"', "e"]


def test_carriage_returns_of_any_kind_end_a_line(read: Read) -> None:
    raw = read("order_id,name\r\nA,1\rB,2\nC,3\r\n")
    assert raw.rows.column("_line").to_pylist() == [2, 3, 4]


def test_a_quote_that_is_never_closed_is_named_where_it_opens(read: Read) -> None:
    raw = read('order_id,name\nA,1\nB,"oops\nC,3\nD,4\n')
    assert ("unterminated_quote", 3) in codes(raw)


def test_a_delimiter_at_the_end_of_every_line_is_no_fault(read: Read) -> None:
    raw = read("order_id,name\nA,1,\nB,2,\n")
    assert not raw.problems
    assert raw.rows.column("name").to_pylist() == ["1", "2"]


def test_repeated_and_blank_headers_get_names_of_their_own(read: Read) -> None:
    raw = read("order_id,name,,name\nA,1,2,3\n")
    assert raw.columns == ("order_id", "name", "#3", "name (2)")
    assert codes(raw) == [("duplicate_header", 1)]


def test_columns_set_with_blanks_are_a_table(read: Read) -> None:
    raw = read(" customer_id  date cds value\n 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n", name="a.txt")
    assert raw.delimiter == "whitespace"
    assert raw.rows.column("value").to_pylist() == ["11.77", "12.00"]


def test_a_file_without_a_header_takes_the_names_it_is_given(read: Read) -> None:
    raw = read("A,1\nB,2\n", guess=Guess(header_line=0, columns=("order_id", "count")))
    assert cells(raw) == [{"order_id": "A", "count": "1"}, {"order_id": "B", "count": "2"}]
    assert raw.rows.column("_line").to_pylist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \n\n", "empty_file"),
        (b"order_id,channel\n", "no_rows"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "no_rows"),
        (b"<html><p>1</p></html>", "unreadable_file"),
        (b"%PDF-1.7", "unsupported_file"),
        (b"PK\x03\x04 truncated", "unreadable_file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "unreadable_file"),
        ((",".join(map(str, range(1200))) + "\n").encode() * 2, "too_many_columns"),
        (b'order_id,name\nA,"' + b"x" * 9_000_000 + b'"\n', "cell_too_long"),
    ],
)
def test_files_that_cannot_be_tables_are_refused_in_words(read: Read, content: bytes, code: str) -> None:
    raw = read(content, name="file.xlsx")
    assert code in [problem.code for problem in raw.problems]
    assert raw.rows.num_rows == 0


def archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (archive({"a.csv": b"a,b"}), "unsupported_file"),
        (archive({f"e{number}": b"" for number in range(5_100)}), "too_large"),
        (
            archive(
                {"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b'<row r="1048576"><c r="XFD1048576"/></row>'}
            ),
            "too_large",
        ),
        (archive({"xl/workbook.xml": b"not xml", "xl/worksheets/sheet1.xml": b"<"}), "unreadable_file"),
    ],
    ids=["plain zip", "too many entries", "far cell", "broken parts"],
)
def test_archives_are_looked_into_before_they_are_parsed(read: Read, content: bytes, code: str) -> None:
    assert [problem.code for problem in read(content).problems] == [code]


def test_a_bomb_is_stopped_by_its_real_size_entry_by_entry_and_in_all(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(archive({f"xl/media/{name}": b"0" * 3_000_000 for name in "abc"}))
    assert path.stat().st_size < 20_000
    for limits in (Limits(entry_bytes=2_000_000), Limits(archive_bytes=8_000_000)):
        with pytest.raises(TooLarge, match="MB"):
            inspect_archive(path, limits=limits)
    assert not inspect_archive(path).workbook


def orders_book(book: xlsxwriter.Workbook) -> None:
    book.add_worksheet("说明")
    sheet = book.add_worksheet("订单")
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write(1, 1, "门店日报")
    sheet.write_row(3, 1, ["订单编号", "支付时间", "渠道", "净额", "会员编号", "件数"])
    sheet.write_string(4, 1, "00123")
    sheet.write_datetime(4, 2, datetime(2024, 6, 1, 20, 1, 5), moment)  # noqa: DTZ001
    sheet.write(4, 3, "门店")
    sheet.write(4, 4, 99.99000000000001)
    sheet.write(4, 5, 123456789012345678)
    sheet.write(4, 6, 2)
    sheet.write_datetime(6, 2, datetime(2024, 6, 2), day)  # noqa: DTZ001
    sheet.write_formula(6, 4, "=1/0", None, "#DIV/0!")
    sheet.write_boolean(6, 3, True)
    sheet.write_datetime(6, 6, time(8, 30), book.add_format({"num_format": "hh:mm"}))


def test_workbook_cells_become_the_text_a_person_sees(read: Read) -> None:
    raw = read(workbook(orders_book), name="a.xlsx")
    assert (raw.sheet, raw.sheets, raw.header_line) == ("订单", ("说明", "订单"), 4)
    assert raw.rows.to_pylist() == [
        {
            "订单编号": "00123",
            "支付时间": "2024-06-01 20:01:05",
            "渠道": "门店",
            "净额": "99.99",
            "会员编号": "123456789012346000",
            "件数": "2",
            "_line": 5,
        },
        {
            "订单编号": "",
            "支付时间": "2024-06-02",
            "渠道": "true",
            "净额": "#DIV/0!",
            "会员编号": "",
            "件数": "08:30:00",
            "_line": 7,
        },
    ]
    assert [(flag.line, flag.column, flag.code) for flag in raw.flags] == [(5, "会员编号", "damaged_number")]


def test_a_person_can_choose_the_sheet(read: Read) -> None:
    def two(book: xlsxwriter.Workbook) -> None:
        for name in ("一", "二"):
            book.add_worksheet(name).write_column(0, 0, ["order_id", f"{name}1"])

    raw = read(workbook(two), guess=Guess(sheet="二"))
    assert raw.rows.column("order_id").to_pylist() == ["二1"]


def test_the_epoch_of_1904_is_known(read: Read) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["date", "count"])
        sheet.write_datetime(1, 0, date(2024, 6, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    raw = read(out.getvalue())
    assert raw.epoch_1904
    assert raw.rows.column("date").to_pylist() == ["2024-06-01"]


def test_a_csv_named_like_a_workbook_is_read_as_what_it_is(read: Read) -> None:
    assert cells(read(TEXT, name="orders.xlsx")) == ROWS


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.text(alphabet='a1,;\t"\n\r渠道=\x00\ufeff', max_size=200).map(str.encode),
        st.tuples(st.sampled_from([b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")]), st.binary(max_size=200)).map(
            b"".join
        ),
    )
)
def test_any_bytes_end_as_rows_or_problems(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    raw = read_table(path, filename="any")
    assert raw.rows.num_rows or raw.problems
    lines = raw.rows.column("_line").to_pylist()
    assert lines == sorted(set(lines))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 6_000), byte=st.integers(0, 255))
def test_a_workbook_with_any_byte_changed_is_read_or_refused(tmp_path: Path, place: int, byte: int) -> None:
    content = bytearray(workbook(orders_book))
    content[place % len(content)] = byte
    path = tmp_path / "any.xlsx"
    path.write_bytes(bytes(content))
    raw = read_table(path, filename="any.xlsx")
    assert raw.rows.num_rows or raw.problems


def test_what_a_person_said_about_a_file_survives_json() -> None:
    for guess in (Guess(), Guess("gb18030", "\t", "订单", 0, ("a", "b"))):
        assert Guess.from_json(guess.to_json()) == guess
