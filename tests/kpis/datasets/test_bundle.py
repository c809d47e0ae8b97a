"""A ZIP of data files: names as they were typed, what is unsafe refused before anything is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from kpis.datasets.files.bundle import Member, extract_member, is_bundle, list_members, may_be_bundle, unpack
from kpis.datasets.limits import Limits, TooLarge
from tests.kpis.corpus.cases import sheet_of, text_of
from tests.kpis.corpus.workbooks import TYPED_ROWS, ods

CSV = text_of().encode()


def packed(entries: dict[str, bytes], *, links: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = ((stat.S_IFLNK if name in links else stat.S_IFREG) | 0o644) << 16
            archive.writestr(info, content)
    return out.getvalue()


def named_in(encoding: str, name: str) -> bytes:
    """Return an archive whose one name is stored in these bytes without the mark of UTF-8, as Windows does it."""
    stand_in = "x" * len(name.encode(encoding))
    return packed({stand_in: CSV}).replace(stand_in.encode(), name.encode(encoding))


def encrypted(content: bytes) -> bytes:
    """Return the archive with the mark of a password on its first entry, in both of its places."""
    marked = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(signature) + offset
        struct.pack_into("<H", marked, at, struct.unpack_from("<H", marked, at)[0] | 1)
    return bytes(marked)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "upload.zip"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_chinese_names_are_read_as_they_were_typed(saved: Path, encoding: str) -> None:
    saved.write_bytes(named_in(encoding, "门店/六月订单.csv"))
    assert [member.name for member in list_members(saved).members] == ["门店/六月订单.csv"]
    saved.write_bytes(packed({"门店/六月订单.csv": CSV}))
    assert [member.name for member in list_members(saved).members] == ["门店/六月订单.csv"]


def test_the_files_of_an_archive_are_told_apart_and_system_files_are_not_mentioned(saved: Path) -> None:
    entries = dict.fromkeys(
        ("a.csv", "b/c.XLSX", "d.ods", "__MACOSX/._a.csv", ".DS_Store", "b/~$c.xlsx", "e.zip", "f.jpg"), CSV
    )
    saved.write_bytes(packed(entries))
    bundle = list_members(saved)
    assert [(member.name, member.kind) for member in bundle.members] == [
        ("a.csv", "data"),
        ("b/c.XLSX", "data"),
        ("d.ods", "data"),
        ("e.zip", "archive"),
        ("f.jpg", "other"),
    ]
    assert [(problem.code, problem.value, problem.severity) for problem in bundle.problems] == [
        ("archive_nested", "e.zip", "error"),
        ("archive_member", "f.jpg", "warning"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (packed({"a.csv": CSV, "../b.csv": CSV}), "archive_unsafe"),
        (packed({"a/../../b.csv": CSV}), "archive_unsafe"),
        (packed({"/etc/b.csv": CSV}), "archive_unsafe"),
        (packed({"C:\\b.csv": CSV}), "archive_unsafe"),
        (packed({"..\\b.csv": CSV}), "archive_unsafe"),
        (packed({"a.csv": b"/etc/passwd"}, links=("a.csv",)), "archive_unsafe"),
        (encrypted(packed({"a.csv": CSV})), "password_protected"),
        (packed({"a.jpg": CSV}), "archive_empty"),
        (packed({}), "archive_empty"),
        (packed({f"{number}.csv": b"x" for number in range(201)}), "too_large"),
        (packed({f"{number}": b"" for number in range(5_001)}), "too_large"),
        (packed({"a.csv": bytes(30_000_000)}), "too_large"),
        (packed({"a.csv": CSV})[:-30], "unreadable_file"),
    ],
)
def test_an_archive_that_may_do_harm_is_refused_whole(saved: Path, content: bytes, code: str, tmp_path: Path) -> None:
    saved.write_bytes(content)
    assert [problem.code for problem in list_members(saved).problems] == [code]
    told = unpack(path=str(saved), out_dir=str(tmp_path / "out"))
    assert told["members"] == []
    assert [problem["code"] for problem in told["problems"]] == ([code] if told["bundle"] else [])
    assert not list((tmp_path).glob("out/*"))


def test_unpacking_writes_each_file_and_names_the_ones_it_cannot(saved: Path, tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": CSV, "b.csv": CSV + b"x", "empty.csv": b"", "a.csv.zip": CSV}))
    at = content.find(b"b.csv") + len("b.csv")
    content[at : at + 20] = bytes(20)
    saved.write_bytes(bytes(content))
    told = unpack(path=str(saved), out_dir=str(tmp_path / "out"))
    assert [(member["name"], member["bytes"]) for member in told["members"]] == [("a.csv", len(CSV))]
    assert (tmp_path / "out" / told["members"][0]["file"]).read_bytes() == CSV
    assert {problem["code"] for problem in told["problems"]} == {"archive_nested", "unreadable_file", "empty_file"}


def test_of_two_files_with_one_name_both_are_unpacked(saved: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("a.csv", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.csv", b"other")
    told = unpack(path=str(saved), out_dir=str(tmp_path / "out"))
    assert [(tmp_path / "out" / one["file"]).read_bytes() for one in told["members"]] == [b"one", b"other"]


def test_a_file_larger_than_it_says_is_stopped_by_its_real_size(saved: Path, tmp_path: Path) -> None:
    saved.write_bytes(packed({"a.csv": bytes(5_000_000)}))
    with pytest.raises(TooLarge):
        extract_member(saved, Member("a.csv", 10, "data", 0), tmp_path / "a", limits=Limits(entry_bytes=1_000_000))


@pytest.mark.parametrize("content", [sheet_of(TYPED_ROWS), ods([]), CSV, b"", packed({"word/document.xml": b"x"})])
def test_workbooks_documents_and_texts_are_no_archives_of_files(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    assert not is_bundle(saved)
    assert not may_be_bundle(saved)
