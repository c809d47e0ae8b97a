"""Why a directory could not be read. The words are made where they are shown, in the reader's language."""

from __future__ import annotations


class DirectoryFault(Exception):
    """Reading stopped, and nothing was written: half a directory would look like people who left.

    `code` is stable: `unreachable`, `address`, `answer` (no JSON or not the documented shape), `credentials`,
    `no_privilege`, `rate_limit`, `refused` (any other error code), `paging` (pages that do not end), `file`.
    `call` is the interface asked, `number` the system's own error code, `said` its message.
    """

    def __init__(self, code: str, *, call: str = "", number: str = "", said: str = "") -> None:
        self.code, self.call, self.number, self.said = code, call, number, said[:300]
        super().__init__(" ".join(part for part in (code, call, number, self.said) if part))
