"""All files of the corpus that harm nobody."""

from __future__ import annotations

from tests.kpis.corpus.cells import cell_cases
from tests.kpis.corpus.structure import encoding_cases, page_cases, structure_cases
from tests.kpis.corpus.workbooks import book_cases

CASES = (*cell_cases(), *encoding_cases(), *structure_cases(), *page_cases(), *book_cases())
