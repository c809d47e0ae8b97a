"""Ranges of days are read as psycopg2 reads them, only sooner."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from psycopg2.extras import DateRange

from omnichannel.core.ranges import _read


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[2024-03-01,2025-01-01)", DateRange(date(2024, 3, 1), date(2025, 1, 1), "[)")),
        ("[2024-03-01,)", DateRange(date(2024, 3, 1), None, "[)")),
        ("(,2025-01-01)", DateRange(None, date(2025, 1, 1), "()")),
        ("(,)", DateRange(None, None, "()")),
        ("empty", DateRange(empty=True)),
    ],
)
def test_a_range_is_read_in_every_form_that_the_database_writes(db: None, text: str, wanted: DateRange) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s::daterange, null::daterange", [text])
        found, nothing = cursor.fetchone()
    assert (found, nothing) == (wanted, None)
    assert found is _read(text, None)
