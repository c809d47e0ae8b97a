"""Lines under a table that are no rows of it: totals and footers. Recognised at the end, left out, and said so."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from kpis.datasets.checks.problems import Problem, make_problem
from kpis.datasets.files.raw import LINE, Ending, RaggedLine, RawTable, RowStream

TAIL_ROWS = 8
_END = r"\s*(?:[:：(（].*)?"
TOTAL = re.compile(
    r"(?:合\s*计|总\s*计|总\s*合\s*计|小\s*计|共\s*计|累\s*计|汇\s*总|总\s*和|(?:本页|当页|全部|金额|数量)\s*[合小总]\s*计"
    rf"|grand\s+total|sub-?\s?total|total|totals|sum){_END}",
    re.IGNORECASE,
)
# Only where nothing else stands in the line: the same words may be somebody's data.
FOOTER = re.compile(
    r"(?:备\s*注|说\s*明|注|制\s*表|制单|审\s*核|复核|打印|导出|数据来源|数据截止|统计时间|生成时间|note|notes|printed|exported|source)"
    r"(?:人|人员|时间|日期|by|at|on|[\s\d])*[:：].*|[(（]?(?:共|总共|合计)\s*[\d,]+\s*(?:条|行|笔|单|项)(?:记录|数据|订单)?[)）。]?|-+\s*end\s*-+|以下空白",
    re.IGNORECASE,
)
BLANKS = " \t\r\n\u3000\u00a0\ufeff"


def without_totals(raw: RawTable) -> RawTable:
    """Return the table without totals and footers after its last row; each becomes a warning with its line."""
    if raw.stream is not None:
        return replace(raw, stream=_Trimmed(raw.stream))
    if not raw.rows.num_rows:
        return raw
    rows, found = _trim(raw.rows)
    if not found:
        return raw
    warnings = [_warning(line, text, sheet=raw.sheet) for line, text in found.items()]
    if not rows.num_rows:
        warnings.append(make_problem("no_rows", sheet=raw.sheet))
    kept = tuple(flag for flag in raw.flags if flag.line not in found)
    return replace(raw, rows=rows, problems=(*raw.problems, *warnings), flags=kept)


class _Trimmed:
    """A stream that holds back its last rows until it is known that they are the last."""

    def __init__(self, stream: RowStream) -> None:
        self._stream = stream
        self._found: Mapping[int, str] = {}
        self._last = 0
        self._empty = False

    def batches(self) -> Iterator[pa.Table]:
        """Yield the rows, without totals at the end."""
        held: deque[pa.Table] = deque()
        self._found, self._last, self._empty = {}, 0, False
        for batch in self._stream.batches():
            held.append(batch)
            while sum(one.num_rows for one in held) - held[0].num_rows >= TAIL_ROWS:
                yield held.popleft()
        if held:
            rest, self._found = _trim(pa.concat_tables(held))
            self._last = rest.column(LINE)[-1].as_py() if rest.num_rows else 0
            self._empty = not rest.num_rows
            if rest.num_rows:
                yield rest

    def ending(self) -> Ending:
        """Return what the pass found: short lines at the end that are totals are no faults."""
        end = self._stream.ending()
        told = dict(self._found)
        for ragged in end.ragged:
            if ragged.line > self._last and (text := _unfit_total(ragged)):
                told[ragged.line] = text
        gone = {ragged.line for ragged in end.ragged if ragged.line in told}
        problems = (problem for problem in end.problems if problem.code != "ragged_row" or problem.line not in gone)
        warnings = (_warning(line, text) for line, text in sorted(told.items()))
        none = (make_problem("no_rows"),) if self._empty else ()
        return Ending(
            problems=(*problems, *warnings, *none),
            ragged=tuple(ragged for ragged in end.ragged if ragged.line not in gone),
            ragged_count=end.ragged_count - len(gone),
        )


def _trim(rows: pa.Table) -> tuple[pa.Table, dict[int, str]]:
    """Cut totals and footers off the end. Between them and the last row there is nothing else to keep."""
    tail = rows.slice(max(rows.num_rows - TAIL_ROWS, 0)).to_pylist()
    found: dict[int, str] = {}
    while tail and (text := _total(tail[-1])):
        found[tail.pop()[LINE]] = text
    return rows.slice(0, rows.num_rows - len(found)), dict(sorted(found.items()))


def _total(row: Mapping[str, object]) -> str:
    """Return the words of a total or footer, else an empty text."""
    texts = [str(value).strip(BLANKS) for name, value in row.items() if name != LINE and value]
    filled = [text for text in texts if text]
    if not filled:
        return ""
    if TOTAL.fullmatch(filled[0]) or (len(filled) == 1 and FOOTER.fullmatch(filled[0])):
        return filled[0]
    return ""


def _unfit_total(ragged: RaggedLine) -> str:
    cells = [cell.strip(BLANKS + '"') for cell in re.split(r"[,;\t|]", ragged.text)]
    return _total({str(place): cell for place, cell in enumerate([*cells, ""])})


def _warning(line: int, text: str, *, sheet: str = "") -> Problem:
    return make_problem("total_row", sheet=sheet, line=line, value=text)
