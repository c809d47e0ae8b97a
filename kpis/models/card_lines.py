"""The lines of a scorecard as they are stored: JSON with every decimal as a string, so that no digit is lost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from omnichannel.core.numerals import from_text, to_text


@dataclass(frozen=True, slots=True)
class CardLine:
    """One KPI of a card. `points` are its weighted points; those of all lines add up to the score.

    `measured` is the scope whose figure and target count here. No attainment: `reason` says why.
    """

    kpi: str
    weight: Decimal
    value: Decimal | None
    unit: str
    target: Decimal | None
    attainment: Decimal | None
    points: Decimal | None
    status: str
    reason: str = ""
    detail: str = ""
    measured: Scope = COMPANY
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the line as it is stored."""
        return {
            "kpi": self.kpi,
            "weight": str(self.weight),
            "value": to_text(self.value),
            "unit": self.unit,
            "target": to_text(self.target),
            "attainment": to_text(self.attainment),
            "points": to_text(self.points),
            "status": self.status,
            "reason": self.reason,
            "detail": self.detail,
            "measured_at": {"kind": self.measured.kind.value, "id": self.measured.id},
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> CardLine:
        """Read a stored line."""
        return cls(
            kpi=stored["kpi"],
            weight=Decimal(stored["weight"]),
            value=from_text(stored["value"]),
            unit=stored["unit"],
            target=from_text(stored["target"]),
            attainment=from_text(stored["attainment"]),
            points=from_text(stored["points"]),
            status=stored["status"],
            reason=stored["reason"],
            detail=stored["detail"],
            measured=Scope(ScopeKind(stored["measured_at"]["kind"]), stored["measured_at"]["id"]),
            rows=stored["rows"],
        )


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One role of a person's combined card: what share of the working time it takes, and its own score."""

    role: str
    share: Decimal
    score: Decimal | None
    points: Decimal | None
    status: str

    def to_json(self) -> dict[str, Any]:
        """Return the line as it is stored."""
        return {
            "role": self.role,
            "share": str(self.share),
            "score": to_text(self.score),
            "points": to_text(self.points),
            "status": self.status,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> ShareLine:
        """Read a stored line."""
        return cls(
            role=stored["role"],
            share=Decimal(stored["share"]),
            score=from_text(stored["score"]),
            points=from_text(stored["points"]),
            status=stored["status"],
        )
