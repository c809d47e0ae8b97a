"""Nasty layouts and encodings of delimited text and of pages, with the rows or problems that must come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

from tests.kpis.corpus.cases import BASE, GOOD, HEAD, Case, Problem, Value, text_of, typed

CHINESE_HEAD = (
    "订单编号",
    "渠道",
    "支付时间",
    "订单状态",
    "gross_amount",
    "discount_amount",
    "refund_amount",
    "net_amount",
    "商品件数",
    "platform",
    "goods_cost",
)
LONG_NAME = "龘𠮷野家（淮海中路）店"
NAMED = (*BASE[:2], (*BASE[2][:9], LONG_NAME, "180"))
GOOD_NAMED = (*GOOD[:2], (*GOOD[2][:9], LONG_NAME, GOOD[2][10]))
PLAIN = text_of()
TEXT = text_of(NAMED)
UTF_8_BOM = b"\xef\xbb\xbf"


def encoding_cases() -> Iterator[Case]:
    """Yield the same three rows in every encoding that exports come in, and bytes that are none."""
    for name, content in (
        ("utf-8", TEXT.encode()),
        ("utf-8 with a mark", UTF_8_BOM + TEXT.encode()),
        ("utf-16 le with a mark", b"\xff\xfe" + TEXT.encode("utf-16-le")),
        ("utf-16 be with a mark", b"\xfe\xff" + TEXT.encode("utf-16-be")),
        ("utf-16 le bare", TEXT.encode("utf-16-le")),
        ("utf-16 be bare", TEXT.encode("utf-16-be")),
        ("gb18030 with rare characters", TEXT.encode("gb18030")),
    ):
        yield _case(f"encoding {name}", content, GOOD_NAMED)
    traditional = _with_platform("臺北車站門市")
    yield _case("encoding big5", text_of(traditional).encode("big5"), _typed_with_platform("臺北車站門市"))
    yield _case("encoding traditional gbk", text_of(traditional).encode("gbk"), _typed_with_platform("臺北車站門市"))
    unsure = frozenset({(None, "", "encoding_unsure")})
    yield _case("encoding latin-1", text_of(_with_platform("Café Müller")).encode("latin-1"), problems=unsure)
    yield _case("encoding shift-jis", text_of(_with_platform("渋谷カフェ")).encode("shift_jis"), problems=unsure)
    yield Case(
        "encoding latin-1 said by a person",
        lambda: text_of(_with_platform("Café Müller")).encode("cp1252"),
        _typed_with_platform("Café Müller"),
        guess={"encoding": "cp1252"},
    )
    damaged = TEXT.encode() + b"A4,store,2024-06-04,completed,1,0,0,1,1,\xe9\x97,1\n"
    yield _case("encoding utf-8 damaged in one cell", damaged, GOOD_NAMED, {(5, "platform", "bad_encoding")})
    yield _case("encoding empty but for a mark", UTF_8_BOM, problems={(None, "", "empty_file")})


def _with_platform(name: str) -> tuple[tuple[str, ...], ...]:
    return tuple((*row[:9], name, row[10]) for row in BASE)


def _typed_with_platform(name: str) -> tuple[tuple[Value, ...], ...]:
    return tuple(map(typed, _with_platform(name)))


def structure_cases() -> Iterator[Case]:
    """Yield layouts that are read as they stand, then those with lines or files that are not."""
    lines = PLAIN.splitlines()
    head, first, second, third = lines
    for name, text in (
        ("crlf", "\r\n".join(lines)),
        ("cr", "\r".join(lines) + "\r"),
        ("mixed line ends", f"{head}\r\n{first}\n{second}\r{third}"),
        ("blank lines between", f"\n\n{head}\n{first}\n\n , \n{second}\n,,,,,,,,,,\n{third}\n\n".replace(" , \n", "")),
        ("semicolons", text_of(delimiter=";")),
        ("tabs", text_of(delimiter="\t")),
        ("pipes", text_of(delimiter="|")),
        ("everything quoted", "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in lines)),
        ("a delimiter at the end of every line", "\n".join(f"{line}," for line in lines)),
        ("a delimiter at the end of every row", "\n".join([head, *(f"{line}," for line in lines[1:])])),
        ("two title rows", f"门店订单日报,,,,,,,,,,\n导出时间：2024-07-01 10:00,,,,,,,,,,\n{PLAIN}"),
        ("title rows of one cell", f"门店订单日报\n导出时间：2024-07-01\n\n{PLAIN}"),
        ("spaces and capitals in the header", PLAIN.replace(head, " , ".join(HEAD).upper())),
        ("full-width letters in the header", PLAIN.replace("order_id", "ｏｒｄｅｒ_ｉｄ")),
        ("chinese headers", PLAIN.replace(head, ",".join(CHINESE_HEAD))),
        ("columns in another order", _reordered()),
        (
            "a column that nobody knows",
            "\n".join(f"{line},{'extra' if not place else 'x'}" for place, line in enumerate(lines)),
        ),
        (
            "a column without a header",
            "\n".join(f"{line},{'' if not place else 'x'}" for place, line in enumerate(lines)),
        ),
        ("separator told in the first line", f"sep=,\n{PLAIN}"),
    ):
        yield _case(f"layout {name}", text.encode(), GOOD)
    yield from _faulty(head, first, second, third)


def _faulty(head: str, first: str, second: str, third: str) -> Iterator[Case]:
    whole: tuple[tuple[str, str, str], ...] = (
        ("empty", "", "empty_file"),
        ("only blanks", " \n\n\t\n", "empty_file"),
        ("header only", head + "\n", "no_rows"),
        ("header and blank lines", f"{head}\n\n\n", "no_rows"),
    )
    for name, text, code in whole:
        yield _case(f"layout {name}", text.encode(), problems={(None, "", code)})
    ragged = f"{head}\n{first}\n{second},extra\n{third}\nA4,store\n"
    yield _case(
        "layout cells too many and too few",
        ragged.encode(),
        (GOOD[0], GOOD[2]),
        {(3, "", "ragged_row"), (5, "", "ragged_row")},
    )
    breaks = f"{head}\n{first.replace('pos', _quoted('one'))}\n{second}\nA4\n{third}\n"
    rows = ((*GOOD[0][:9], "one\ntwo", GOOD[0][10]), *GOOD[1:])
    yield _case("layout a line break in a cell shifts the lines", breaks.encode(), rows, {(5, "", "ragged_row")})
    twice = PLAIN.replace("goods_cost", "order_id")
    warned = {(1, "order_id (2)", "duplicate_header")}
    yield _case("layout a header twice", twice.encode(), tuple((*row[:10], None) for row in GOOD), warned)
    missing = "\n".join(",".join(line.split(",")[:8]) for line in (head, first, second, third))
    yield _case("layout a required column missing", missing.encode(), problems={(None, "item_count", "column_missing")})
    open_quote = PLAIN.replace("A2,", 'A2",').replace('A2"', '"A2')
    yield Case(
        "layout a quote never closed",
        lambda: open_quote.encode(),
        (GOOD[0],),
        frozenset({(3, "", "unterminated_quote"), (3, "", "ragged_row")}),
    )
    for name, line in (
        ("合计 at its place", "合计,,,,600,0,0,600,6,,360"),
        ("总计 behind a blank cell", ",总计：,,,600,0,0,600,6,,360"),
        ("grand total", "Grand Total,,,,600,0,0,600,6,,360"),
        ("a short total", "合  计,600"),
        ("a footer", "制表人：王经理,,,,,,,,,,"),
        ("a count of rows", "共 3 条记录"),
    ):
        yield _case(f"layout {name}", f"{PLAIN}{line}\n".encode(), GOOD, {(5, "", "total_row")})
    both = f"{PLAIN}小计,,,,600,0,0,600,6,,360\n\n合计,,,,600,0,0,600,6,,360\n备注：不含税,,,,,,,,,,\n"
    yield _case(
        "layout totals and a footer",
        both.encode(),
        GOOD,
        {(5, "", "total_row"), (7, "", "total_row"), (8, "", "total_row")},
    )
    inside = f"{head}\n{first}\n合计,,,,100,0,0,100,1,,60\n{second}\n{third}\n"
    wrong = {(3, "channel", "required_empty"), (3, "paid_at", "required_empty"), (3, "status", "required_empty")}
    yield _case("layout a total between the rows is no data", inside.encode(), GOOD, wrong)
    yield _case("layout a row twice", f"{PLAIN}{third}\n".encode(), GOOD, {(5, "order_id", "duplicate_row")})


def _quoted(text: str) -> str:
    return f'"{text}\ntwo"'


def _reordered() -> str:
    return text_of([row[::-1] for row in BASE], head=HEAD[::-1])


def page_cases() -> Iterator[Case]:
    """Yield web pages and texts that shops' systems call workbooks."""
    page = _page("".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in (HEAD, *NAMED)))
    for name, content in (
        ("utf-8", page.encode()),
        ("utf-8 with a mark", UTF_8_BOM + page.encode()),
        ("gbk as it says", page.replace("utf-8", "gb2312").encode("gb18030")),
        ("utf-16", page.encode("utf-16")),
        ("an xhtml page", ('<?xml version="1.0"?>' + page).encode()),
        ("cells and rows never closed", page.replace("</td>", "").replace("</tr>", "").encode()),
        (
            "a layout table around it",
            f"<html><table><tr><td>menu</td><td>{page[6:-7]}</td></tr></table></html>".encode(),
        ),
    ):
        yield _case(f"page {name} named xls", content, GOOD_NAMED, filename="orders.xls")
    merged = _page(
        f"<tr><td colspan='{len(HEAD)}'>门店<br>日报</td></tr><tr>{''.join(f'<th>{cell}</th>' for cell in HEAD)}</tr>"
        "<tr><td>A1<td>store<td rowspan=2>2024-06-01 10:00:00<td>completed<td>100<td>0<td>0<td>100<td>1<td>&lt;pos&gt;"
        "<tr><td>A2<td>store<td>completed<td>200<td>0<td>0<td>200<td>2<td>a&nbsp;b"
    )
    first = (*GOOD[0][:9], "<pos>", None)
    yield _case(
        "page merged cells", merged.encode(), (first,), {(4, "paid_at", "required_empty")}, filename="orders.xls"
    )
    scripts = page.replace("<table", "<script>document.write('<table><tr><td>x</td></tr></table>')</script><table", 1)
    yield _case("page with a script", scripts.encode(), GOOD_NAMED, filename="orders.xls")
    cut = page[: page.index("A3")].encode()
    for name, content in (("cut in the middle", cut), ("without a table", b"<html><p>500 error</p></html>")):
        yield _case(f"page {name}", content, problems={(None, "", "unreadable_file")}, filename="orders.xls")
    for name, filename in (
        ("xls", "orders.xls"),
        ("xlsx", "orders.xlsx"),
        ("pdf", "orders.pdf"),
        ("nothing", "orders"),
    ):
        yield _case(
            f"text with tabs named {name}",
            text_of(NAMED, delimiter="\t").encode("gb18030"),
            GOOD_NAMED,
            filename=filename,
        )
    for name, content in (
        ("pdf", b"%PDF-1.7\n1 0 obj"),
        ("rtf", b"{\\rtf1\\ansi order_id}"),
        ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(100)),
        ("7z", b"7z\xbc\xaf'\x1c" + bytes(100)),
        ("gzip", b"\x1f\x8b\x08" + bytes(100)),
        ("png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("parquet", b"PAR1" + bytes(100)),
        ("mhtml", b"MIME-Version: 1.0\nContent-Type: multipart/related\n"),
        ("xml", b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook/>"),
    ):
        yield _case(
            f"foreign {name} named xlsx", content, problems={(None, "", "unsupported_file")}, filename="orders.xlsx"
        )


def _page(rows: str) -> str:
    style = "<style>td{mso-number-format:'\\@'}</style>"
    head = f'<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">{style}</head>'
    return f"<html>{head}<body><table border=1>{rows}</table></body></html>"


def _case(
    name: str,
    content: bytes,
    rows: tuple[tuple[Value, ...], ...] = (),
    problems: Set[Problem] = frozenset(),
    *,
    filename: str = "orders.csv",
) -> Case:
    make: Callable[[], bytes] = lambda: content  # noqa: E731 - a value that is there already
    return Case(name, make, rows, frozenset(problems), filename=filename)
