"""A ZIP of data files: what is in it, judged before anything is unpacked, and its files written out one by one."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kpis.datasets.checks.problems import Problem, make_problem, to_json
from kpis.datasets.files.archive import KINDS
from kpis.datasets.limits import LIMITS, Limits, TooLarge

CHUNK = 1 << 20
DATA = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson"})
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz"})
# What systems put into archives by themselves; nobody needs to hear about it.
SYSTEM = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})
UTF8_NAME = 0x800
# How the names of the first entry of workbooks and documents begin.
DOCUMENT_PARTS = ("[Content_Types].xml", "mimetype", "_rels/", "xl/", "docProps/", "word/", "ppt/", "META-INF/")
LONGEST_PART = 64


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive. `bytes` is what the archive says; `place` is where it stands in its list.

    `kind`: data, archive (one more inside) or other.
    """

    name: str
    bytes: int
    kind: str
    place: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of an archive in its order, and why some or all of them are not read."""

    members: tuple[Member, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def data(self) -> tuple[Member, ...]:
        """Return the files that can be tables."""
        return tuple(member for member in self.members if member.kind == "data")


def may_be_bundle(path: Path) -> bool:
    """Tell by the first bytes alone, safe in any process: a ZIP that does not begin like a workbook or document."""
    with path.open("rb") as file:
        head = file.read(30 + LONGEST_PART)
    if head.startswith(b"PK\x05\x06"):
        return True
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length].decode("utf-8", errors="replace")
    return head.startswith(b"PK\x03\x04") and not first.startswith(DOCUMENT_PARTS)


def is_bundle(path: Path) -> bool:
    """Tell whether the file is a ZIP that is neither a workbook nor another document."""
    if not may_be_bundle(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False  # the reader of single files says what is wrong with it
    return not names & {*KINDS, "[Content_Types].xml", "mimetype"}


def list_members(path: Path, *, limits: Limits = LIMITS) -> Bundle:
    """List the files of a ZIP. An error among the problems means that nothing of it is to be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _listed(archive.infolist(), packed=path.stat().st_size, limits=limits)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        return Bundle(problems=(make_problem("unreadable_file", detail=str(error)[:200]),))


def _listed(entries: list[zipfile.ZipInfo], *, packed: int, limits: Limits) -> Bundle:
    if len(entries) > limits.archive_entries:
        return Bundle(problems=(make_problem("too_large", detail=f"{len(entries):,} entries"),))
    for entry in entries:
        if _leaves(entry):
            return Bundle(problems=(make_problem("archive_unsafe", value=member_name(entry)),))
    if any(entry.flag_bits & 1 for entry in entries):
        return Bundle(problems=(make_problem("password_protected"),))
    members = tuple(
        _member(entry, place) for place, entry in enumerate(entries) if not entry.is_dir() and not _is_system(entry)
    )
    whole = Bundle(members)
    if not whole.data and not any(member.kind == "archive" for member in members):
        return Bundle(members, (make_problem("archive_empty"),))
    if len(whole.data) > limits.members:
        return Bundle(members, (make_problem("too_large", detail=f"{len(whole.data):,} > {limits.members} files"),))
    size = sum(member.bytes for member in whole.data)
    if size > limits.archive_bytes or size > limits.inflation * max(packed, 1 << 16):
        return Bundle(members, (make_problem("too_large", detail=f"{packed >> 10:,} KB -> {size >> 20:,} MB"),))
    return Bundle(members, tuple(_unread(member) for member in members if member.kind != "data"))


def _unread(member: Member) -> Problem:
    return make_problem("archive_nested" if member.kind == "archive" else "archive_member", value=member.name)


def _leaves(entry: zipfile.ZipInfo) -> bool:
    """Return whether an entry points out of the archive: an absolute or climbing name, or a link."""
    name = member_name(entry).replace("\\", "/")
    climbs = ".." in PurePosixPath(name).parts or name.startswith("/") or name[1:2] == ":"
    return climbs or stat.S_ISLNK(entry.external_attr >> 16)


def _is_system(entry: zipfile.ZipInfo) -> bool:
    parts = [part.casefold() for part in PurePosixPath(member_name(entry)).parts]
    return any(part in SYSTEM or part.startswith(("~$", "._")) for part in parts)


def _member(entry: zipfile.ZipInfo, place: int) -> Member:
    name = member_name(entry)
    suffix = PurePosixPath(name).suffix.casefold()
    kind = "data" if suffix in DATA else "archive" if suffix in ARCHIVES else "other"
    return Member(name, entry.file_size, kind, place)


def member_name(entry: zipfile.ZipInfo) -> str:
    """Return the name as it was typed: Windows in Chinese writes GBK where the format knows only CP437 and UTF-8."""
    if entry.flag_bits & UTF8_NAME:
        return entry.filename
    try:
        given = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return given.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def extract_member(path: Path, member: Member, target: Path, *, limits: Limits = LIMITS) -> tuple[int, str]:
    """Write one file of the archive to `target`; return its bytes and SHA-256. Raise TooLarge by its real size."""
    size, digest = 0, hashlib.sha256()
    with (
        zipfile.ZipFile(path) as archive,
        target.open("wb") as out,
        archive.open(archive.infolist()[member.place]) as source,
    ):
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > limits.entry_bytes:
                raise TooLarge(f"{member.name[:60]}: {size >> 20} MB+")
            digest.update(chunk)
            out.write(chunk)
    return size, digest.hexdigest()


def unpack(*, path: str, out_dir: str) -> Mapping[str, Any]:
    """Write every data file of an archive into a folder; JSON in and out, made for the limited child.

    A member that cannot be read becomes a problem; the others are unpacked all the same. `bundle` is false for a file
    that is none: it is to be read as it stands.
    """
    if not is_bundle(Path(path)):
        return {"bundle": False, "members": [], "problems": []}
    bundle = list_members(Path(path))
    problems, files = list(bundle.problems), []
    if any(problem.code not in ("archive_nested", "archive_member") for problem in problems):
        return {"bundle": True, "members": [], "problems": [to_json(problem) for problem in problems]}
    out, total = Path(out_dir), 0
    out.mkdir(parents=True, exist_ok=True)
    for number, member in enumerate(bundle.data):
        target = out / str(number)
        try:
            size, sha256 = extract_member(Path(path), member, target)
            total += size
            if total > LIMITS.archive_bytes:
                raise TooLarge(f"{total >> 20} MB+")
        except TooLarge as error:
            return {"bundle": True, "members": [], "problems": [to_json(make_problem("too_large", detail=str(error)))]}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            problems.append(make_problem("unreadable_file", value=member.name, detail=f"{member.name}: {error}"[:200]))
            continue
        if size:
            files.append({"name": member.name, "file": target.name, "bytes": size, "sha256": sha256})
        else:
            problems.append(make_problem("empty_file", value=member.name))
    return {"bundle": True, "members": files, "problems": [to_json(problem) for problem in problems]}
