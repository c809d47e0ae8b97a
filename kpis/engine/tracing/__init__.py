"""From a value to the exact rows behind it and back. Pure: definitions and opened tables in, rows and figures out.

`trace` takes a value apart into operands; `operand_rows` pages the rows that add up to one; `recompute` puts an operand
together from them in plain Python; `figures_of` names every figure that a row fed.
"""

from kpis.engine.tracing.facts import Facts, StoredFacts
from kpis.engine.tracing.pages import PAGE, operand_rows, rows_everywhere
from kpis.engine.tracing.recompute import NotBehind, evaluate_formula, recompute
from kpis.engine.tracing.reverse import figures_of
from kpis.engine.tracing.shapes import (
    Counted,
    Fed,
    Key,
    OperandTrace,
    Organisation,
    RowPage,
    Trace,
    TracedRow,
    TraceWorld,
)
from kpis.engine.tracing.tracing import operand, operand_page, trace

__all__ = [
    "PAGE",
    "Counted",
    "Facts",
    "Fed",
    "Key",
    "NotBehind",
    "OperandTrace",
    "Organisation",
    "RowPage",
    "StoredFacts",
    "Trace",
    "TraceWorld",
    "TracedRow",
    "evaluate_formula",
    "figures_of",
    "operand",
    "operand_page",
    "operand_rows",
    "recompute",
    "rows_everywhere",
    "trace",
]
