"""Directories out of files: the systems' spreadsheets, and answers of their APIs saved as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roles.directories import dingtalk, feishu, wecom
from roles.directories.client import Answer, error_number
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Department, Directory, Kind, Member, Note, gathered
from roles.directories.sheets import Sheets
from roles.directories.tables import MOST_BYTES, decoded, sheets_of
from roles.directories.values import is_set, text

JSON_STARTS = ("{", "[")
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came: its name for messages, and its bytes."""

    name: str
    content: bytes = field(repr=False)


def directory_of(files: Sequence[UploadedFile], *, kind: Kind | None = None) -> Directory:
    """Read one directory out of one or several files of the same system; `kind` None lets the files tell.

    Raise DirectoryFault for a file that cannot be read, that holds an error, or that lacks pages: nobody leaves
    because a file is short.
    """
    answers: list[Any] = []
    sheets = Sheets(kind)
    for file in files:
        parsed = _json(file)
        if parsed is not None:
            answers += parsed
        else:
            for rows in sheets_of(file.content, name=file.name):
                sheets.add(rows, name=file.name)
    if answers and sheets.is_empty:
        return _from_answers(answers, kind=kind)
    if answers:
        raise DirectoryFault("file", number="mixed")
    return sheets.directory()


def _json(file: UploadedFile) -> list[Any] | None:
    """Return the answers in a JSON file: one, a list of them, or one a line; None for a file that is no JSON."""
    if len(file.content) > MOST_BYTES:
        raise DirectoryFault("file", number="too_large", said=file.name)
    if file.content.startswith(b"PK\x03\x04"):
        return None
    said = decoded(file.content, name=file.name).lstrip("\ufeff \r\n\t")
    if not said.startswith(JSON_STARTS):
        return None
    try:
        found = json.loads(said)
        return found if isinstance(found, list) else [found]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in said.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise DirectoryFault("file", number="damaged", said=file.name) from None


def _from_answers(answers: Sequence[Any], *, kind: Kind | None) -> Directory:
    departments: list[Department] = []
    members: list[Member] = []
    renames: list[tuple[str, str]] = []
    kinds: set[Kind] = set()
    for answer in answers:
        _refuse_errors(answer)
        for said in _objects(answer):
            found = _recognised(said)
            if found is None:
                continue
            system, one = found
            kinds.add(system)
            if isinstance(one, Department):
                departments.append(one)
            elif isinstance(one, Member):
                members.append(one)
            else:
                renames.append(one)
    if len(kinds) != 1 or (kind is not None and kinds != {kind}):
        raise DirectoryFault("file", number="mixed" if kinds else "unknown")
    if not departments:
        raise DirectoryFault("file", number="no_departments")
    system = kinds.pop()
    if system is Kind.FEISHU and not any(one.id == feishu.ROOT for one in departments):
        departments.insert(0, Department(feishu.ROOT, "飞书"))
    return Directory(system, tuple(departments), gathered(members), tuple(renames), (Note("personal_dropped"),))


def _refuse_errors(answer: Any) -> None:
    if not isinstance(answer, Mapping):
        return
    number = error_number(Answer(200, answer))
    if number != "0" and ("errcode" in answer or "code" in answer):
        raise DirectoryFault("file", number="error_answer", said=number)
    inner = answer.get("result") or answer.get("data")
    if isinstance(inner, Mapping) and is_set(inner.get("has_more")) and not _following(inner):
        raise DirectoryFault("file", number="pages_missing")


def _following(page: Mapping[str, Any]) -> str:
    return text(page.get("page_token")) or text(page.get("next_cursor"))


def _objects(value: Any, *, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield every object inside, outermost first; an object that is recognised is not searched further."""
    if isinstance(value, list) and depth < DEEPEST:
        for item in value:
            yield from _objects(item, depth=depth + 1)
    elif isinstance(value, Mapping):
        yield value
        if _recognised(value) is None and depth < DEEPEST:
            for item in value.values():
                yield from _objects(item, depth=depth + 1)


def _recognised(said: Mapping[str, Any]) -> tuple[Kind, Department | Member | tuple[str, str]] | None:
    """Tell by its fields what an object of an answer is."""
    has = said.keys()
    if "NewUserID" in has and "UserID" in has:
        return Kind.WECOM, (text(said["UserID"]), text(said["NewUserID"]))
    if {"userid", "dept_id_list"} <= has:
        return Kind.DINGTALK, dingtalk.member_of(said)
    if "dept_id" in has and ("parent_id" in has or "name" in has) and "userid" not in has:
        return Kind.DINGTALK, dingtalk.department_of(said)
    if "department_ids" in has and has & {"open_id", "user_id"}:
        return Kind.FEISHU, feishu.member_of(said)
    if "parent_department_id" in has and has & {"open_department_id", "department_id"}:
        return Kind.FEISHU, feishu.department_of(said)
    if {"userid", "department"} <= has:
        return Kind.WECOM, wecom.member_of(said)
    if {"id", "parentid"} <= has:
        return Kind.WECOM, wecom.department_of(said)
    return None
