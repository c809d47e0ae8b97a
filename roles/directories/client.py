"""What the three clients share: JSON over HTTP, a token that is renewed, patience with busy servers, whole pages."""

from __future__ import annotations

import http.client
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from omnichannel.core.outgoing import AddressRefused, Target, connect, target_of
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Department, Directory

# Frequency limits of all three systems count by the minute, so the last pause outlasts one.
PAUSES = (1.0, 2.0, 5.0, 15.0, 65.0)
MOST_BYTES = 32 * 1024**2
MOST_PAGES = 20_000
AT_ONCE = 4
CODE_LENGTH = 40

Json = Mapping[str, Any]
Report = Callable[[int, int], None]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer, and between tries, in seconds."""

    pauses: Sequence[float] = PAUSES
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Access:
    """Where the directory answers, who asks, and the department to begin with (empty: the system's root).

    `allow_private` lets the address lie in one's own network: directories on the premises, and tests.
    """

    base_url: str
    account: str
    secret: str = field(repr=False)
    root: str = ""
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the JSON (empty when it was none), and for how long the server asks to wait."""

    status: int
    data: Json
    wait: float = 0.0


class Verdict(Enum):
    """What to make of an answer: take it, come back later, get a new token first."""

    FINE = "fine"
    BUSY = "busy"
    STALE = "stale"


class Client(ABC):
    """A directory that is read over HTTP. One instance serves one reading, from several threads."""

    wait_header: ClassVar[str] = "Retry-After"

    def __init__(self, access: Access, *, patience: Patience = Patience()) -> None:
        self.access, self.patience = access, patience
        self._local = threading.local()
        self._lock = threading.Lock()
        self._token = ""
        try:
            self._target: Target = target_of(access.base_url, allow_private=access.allow_private)
        except AddressRefused as error:
            raise DirectoryFault("address", number=error.code, said=error.address) from None

    @abstractmethod
    def read(self, report: Report) -> Directory:
        """Read all of the directory, or raise DirectoryFault. `report` is told members read and members known of."""

    @abstractmethod
    def sign_in(self) -> str:
        """Ask for a new token."""

    @abstractmethod
    def judge(self, answer: Answer, call: str) -> Verdict:
        """Weigh an answer; raise DirectoryFault for an error that waiting does not mend."""

    @abstractmethod
    def signed(self, token: str, query: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the query and the headers that carry the token."""

    def check(self) -> None:
        """Try the credentials without reading anything."""
        self.token(stale="")

    def token(self, *, stale: str) -> str:
        """Return the token; a new one when it is still the stale one, so that of many threads one asks for it."""
        with self._lock:
            if not self._token or self._token == stale:
                self._token = self.sign_in()
            return self._token

    def ask(self, method: str, call: str, *, query: Mapping[str, str] | None = None, body: Json | None = None) -> Json:
        """Call an interface with the token; a token that has run out is renewed once."""
        stale = ""
        for attempt in (1, 2):
            token = self.token(stale=stale)
            signed, headers = self.signed(token, query or {})
            answer = self.send(method, call, query=signed, body=body, headers=headers, last=attempt == 2)
            if answer is not None:
                return answer.data
            stale = token
        raise DirectoryFault("credentials", call=call)

    def send(
        self,
        method: str,
        call: str,
        *,
        query: Mapping[str, str],
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        last: bool = True,
    ) -> Answer | None:
        """Call with patience; None when the token has run out and this was not the last try with one."""
        failed: DirectoryFault | None = None
        for pause in (*self.patience.pauses, None):
            wait = 0.0
            try:
                answer = self._once(method, call, query=query, body=body, headers=headers or {})
                verdict = self._weighed(answer, call)
                if verdict is Verdict.FINE:
                    return answer
                if verdict is Verdict.STALE:
                    if last:
                        raise DirectoryFault("credentials", call=call, number=error_number(answer))
                    return None
                failed = DirectoryFault("rate_limit", call=call, number=error_number(answer))
                wait = answer.wait
            except OSError as error:
                failed = DirectoryFault("unreachable", call=call, said=type(error).__name__)
            except (http.client.HTTPException, ValueError) as error:
                failed = DirectoryFault("answer", call=call, said=type(error).__name__)
            if pause is not None:
                self.patience.sleep(max(pause, min(wait, 120.0)))
        raise failed or DirectoryFault("unreachable", call=call)

    def _weighed(self, answer: Answer, call: str) -> Verdict:
        try:
            return self.judge(answer, call)
        except DirectoryFault as fault:  # a server may repeat what it was sent
            said = fault.said.replace(self.access.secret, "***")
            raise DirectoryFault(fault.code, call=call, number=fault.number, said=said) from None

    def each(self, items: Sequence[T], act: Callable[[T], R], *, report: Report | None = None) -> list[R]:
        """Do the same for every item, a few at a time; the first fault ends all of it."""
        found: list[R] = []
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for result in pool.map(act, items):
                found.append(result)
                if report is not None:
                    report(len(found), len(items))
        finally:
            pool.shutdown(cancel_futures=True)
        return found

    def _once(
        self, method: str, call: str, *, query: Mapping[str, str], body: Json | None, headers: Mapping[str, str]
    ) -> Answer:
        """Call once. The address carries secrets in its query, so no error may name it."""
        path = f"{self._target.path}{call}"
        if query:
            path = f"{path}?{urlencode(query)}"
        payload = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8", **headers}
        connection = self._connection()
        try:
            connection.request(method, path, payload, sent)
            reply = connection.getresponse()
            text = reply.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            raise
        if len(text) > MOST_BYTES:
            raise DirectoryFault("answer", call=call, said="too large")
        if reply.status >= 500:
            raise http.client.HTTPException(str(reply.status))
        return Answer(reply.status, _json(text, call=call, status=reply.status), _seconds(reply, self.wait_header))

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = connect(self._target, timeout=self.patience.timeout)
        return found


def pages(first: str, turn: Callable[[str], tuple[T, str]], *, call: str) -> Iterator[T]:
    """Yield page after page until there is no next one. A cursor that comes back would turn for ever: it is a fault."""
    seen: set[str] = set()
    cursor = first
    for _count in range(MOST_PAGES):
        page, following = turn(cursor)
        yield page
        if not following:
            return
        if following in seen or following == cursor:
            raise DirectoryFault("paging", call=call, said=following)
        seen.add(cursor)
        cursor = following
    raise DirectoryFault("paging", call=call)


def verdict_of(
    answer: Answer,
    call: str,
    *,
    busy: set[str],
    stale: set[str],
    credentials: set[str],
    no_privilege: set[str],
) -> Verdict:
    """Weigh an answer by the system's own codes; an HTTP error without such a code is refused by its status."""
    number = error_number(answer)
    if answer.status == 429 or number in busy:
        return Verdict.BUSY
    if number in stale:
        return Verdict.STALE
    if number == "0" and answer.status == 200:
        return Verdict.FINE
    code = "credentials" if number in credentials else "no_privilege" if number in no_privilege else "refused"
    raise DirectoryFault(code, call=call, number=number, said=said_of(answer))


def error_number(answer: Answer) -> str:
    """Return the system's own error code: WeCom and DingTalk `errcode` or `sub_code`, Feishu `code`."""
    data = answer.data
    number = data.get("errcode", data.get("code", answer.status if answer.status != 200 else 0))
    if str(number) == "88" and data.get("sub_code"):
        number = data["sub_code"]
    return str(number)[:CODE_LENGTH]


def said_of(answer: Answer) -> str:
    """Return the system's own words for an error."""
    return str(answer.data.get("sub_msg") or answer.data.get("errmsg") or answer.data.get("msg") or "")


def items_of(data: Any, *path: str, call: str) -> list[Json]:
    """Return the list of objects at the path; an absent or null list is an empty one, anything else no answer."""
    for name in path:
        if not isinstance(data, Mapping):
            raise DirectoryFault("answer", call=call, said=name)
        data = data.get(name)
        if data is None:
            return []
    if not isinstance(data, list) or not all(isinstance(item, Mapping) for item in data):
        raise DirectoryFault("answer", call=call, said=".".join(path))
    return data


def object_of(data: Json, *path: str, call: str) -> Json:
    """Return the object at the path."""
    found: Any = data
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise DirectoryFault("answer", call=call, said=".".join(path))
    return found


def topped(departments: Iterable[Department], root: str) -> list[Department]:
    """Put the department that the reading begins with at the top, wherever it stands in the whole."""
    return [replace(one, parent=None) if root and one.id == root else one for one in departments]


def unique(texts: Iterable[str]) -> list[str]:
    """Return each text once, in the order of the first time."""
    return list(dict.fromkeys(texts))


def _json(text: bytes, *, call: str, status: int) -> Json:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        if status == 429:
            return {}
        raise ValueError("no JSON") from None
    if not isinstance(data, dict):
        raise DirectoryFault("answer", call=call, said="no object")
    return data


def _seconds(reply: http.client.HTTPResponse, header: str) -> float:
    try:
        return max(0.0, float(reply.headers.get(header) or 0))
    except ValueError:
        return 0.0
