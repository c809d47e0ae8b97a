"""A live page of every component with example data, for developers; it reads and writes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual

TREND = [Decimal(n) for n in (62, 64, 61, 66, 70)] + [None] + [Decimal(n) for n in (71, 74, 73, 78, 80, 83)]
MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name", max_length=40, help_text="As it stands on the contract.")
    email = forms.EmailField(label="Email")
    stage = forms.ChoiceField(label="Stage", choices=[("a", "Sales-led"), ("b", "Strong department")], required=False)
    share = forms.DecimalField(label="Share of time", required=False)
    start = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="Tell the people concerned", required=False)


def _tiles() -> list[dict[str, Any]]:
    return [
        {
            "name": Bilingual("净销售额", "Net sales"),
            "value": Decimal(12840000),
            "unit": "CNY",
            "status": "met",
            "target": Decimal(12000000),
            "trend": TREND,
            "change": Decimal("3.2"),
            "until": "2024-11-30",
        },
        {
            "name": Bilingual("复购率", "Repurchase rate"),
            "value": Decimal("31.4"),
            "unit": "percent",
            "status": "near",
            "target": Decimal(32),
            "trend": TREND,
            "change": Decimal("-0.4"),
            "until": "2024-11-30",
        },
        {
            "name": Bilingual("会员满意度", "Member satisfaction"),
            "value": Decimal("71.2"),
            "unit": "score_100",
            "status": "low",
            "target": Decimal(85),
            "trend": TREND[::-1],
            "until": "2024-Q3",
        },
        {
            "name": Bilingual("首次响应时长", "First reply"),
            "value": Decimal("9.4"),
            "unit": "minutes",
            "status": "missed",
            "target": Decimal(5),
            "trend": TREND,
            "until": "2024-11-30",
        },
        {
            "name": Bilingual("库存周转", "Stock turns"),
            "value": None,
            "unit": "times",
            "status": "no_data",
            "target": Decimal(4),
            "reason": "table_missing",
        },
    ]


def _figure() -> dict[str, Any]:
    return {
        "data": [
            {"type": "bar", "name": "2024", "x": MONTHS, "y": [88, 71, 94, 90, 97, 118, 92, 95, 101, 110, 128, 104]},
            {
                "type": "scatter",
                "mode": "lines",
                "name": "2023",
                "x": MONTHS,
                "line": {"color": "#9aa1a5", "width": 1},
                "y": [80, 70, 85, 86, 91, 109, 90, 88, 94, 99, 121, 98],
            },
        ],
        "layout": {"yaxis": {"title": {"text": "CNY, 10,000"}, "rangemode": "tozero"}, "xaxis": {"type": "category"}},
    }


def _lists() -> dict[str, Any]:
    return {
        "events": [
            {"when": "2024-12-02 09:14", "title": "Weights published", "who": "Chen Yu", "tone": "good"},
            {
                "when": "2024-12-01 18:40",
                "title": "Upload #41 reverted",
                "text": "Wrong store file.",
                "who": "Li Na",
                "tone": "bad",
            },
            {"when": "2024-11-30", "title": "Period closed"},
        ],
        "changes": [
            {"label": "Weight of NPS", "before": "10 %", "after": "15 %", "kind": "edited"},
            {"label": "East region", "before": "Sales", "after": "User growth", "kind": "moved"},
            {"label": "Content seat", "after": "1.0 FTE", "kind": "added"},
            {"label": "Event seat", "before": "0.5 FTE", "kind": "removed"},
        ],
        "problems": [
            {
                "row": 14,
                "column": "paid_at",
                "value": "30/02/2024",
                "code": "date",
                "message": "Not a date",
                "hint": "Write 2024-02-28.",
                "severity": "error",
            },
            {
                "row": 15,
                "column": "paid_at",
                "value": "n/a",
                "code": "date",
                "message": "Not a date",
                "hint": "Write 2024-02-28.",
                "severity": "error",
            },
            {
                "row": 90,
                "column": "store_id",
                "value": "S-099",
                "code": "orphan",
                "message": "Unknown store",
                "hint": "Load the stores first.",
                "severity": "warning",
            },
        ],
        "nodes": [
            {
                "label": "Group",
                "open": True,
                "note": "412",
                "children": [
                    {
                        "label": "Retail BU",
                        "open": True,
                        "current": True,
                        "url": "#",
                        "children": [{"label": "East region", "url": "#"}, {"label": "South region", "url": "#"}],
                    },
                    {"label": "Online BU", "url": "#"},
                ],
            }
        ],
        "person": {
            "name": "林晓",
            "title": "User operations lead",
            "unit": "East region",
            "url": "#",
            "reports": 6,
            "fte": "0.6",
            "flags": ["third role"],
        },
        "facts": [
            ("Role", "User operations"),
            ("Period", "2024-11"),
            ("Data until", "2024-11-30"),
            ("Benchmark", None),
        ],
    }


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component once."""
    messages.success(request, "Weights saved: 12 KPIs, total 100.00.", extra_tags="undo:/gallery/")
    context = {
        "form": ExampleForm(),
        "bad_form": ExampleForm({"name": "", "email": "not an address"}),
        "tiles": _tiles(),
        "figure": _figure(),
        "today": date(2024, 11, 30),
        "table": {"head": ["Month", "2024", "2023"], "rows": [["2024-01", "88", "80"], ["2024-02", "71", None]]},
        "segments": [
            {"label": "New private users", "points": Decimal("27.50"), "weight": 30, "status": "met"},
            {"label": "Repurchase rate", "points": Decimal("18.40"), "weight": 20, "status": "near"},
            {"label": "NPS", "points": Decimal("13.77"), "weight": 15, "status": "met"},
            {"label": "Group activity", "points": Decimal("14.00"), "weight": 20, "status": "low"},
            {"label": "Complaint rate", "points": Decimal("9.10"), "weight": 15, "status": "missed"},
        ],
        "weights": [
            {"id": "nps", "label": "NPS", "value": Decimal(40), "locked": True},
            {"id": "repurchase", "label": "Repurchase rate", "value": Decimal(35), "note": "library"},
            {"id": "new", "label": "New private users", "value": Decimal(20)},
        ],
        "tabs": [{"label": "Card", "url": "?", "current": True}, {"label": "History", "url": "?t=h", "count": 12}],
        "steps": [
            {"label": "Read", "state": "done"},
            {"label": "Match", "state": "done"},
            {"label": "Check", "state": "current"},
            {"label": "Load", "state": "todo"},
        ],
        "options": [("east", "East region"), ("south", "South region"), ("west", "West region")],
        "periods": [{"label": month, "url": f"?period={month}", "current": month == "2024-11"} for month in MONTHS],
        "units": ["East", "South", "West"],
        "pages": {"start": 1, "end": 5, "total": 128, "previous_url": "", "next_url": "?page=2"},
        **_lists(),
    }
    return render(request, "gallery.html", context)
