"""Coverage and the advice to split or merge over HTTP: a program of its own counts every month of the demo again."""

from __future__ import annotations

import json
from calendar import monthrange

from tests.e2e.conftest import Stack
from tests.talent.plain_coverage import reader, recompute

TOKEN = """
import json
from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import TokenScope
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.services.tokens import create_token
owner = User.objects.get(email="owner@demo.example")
made = create_token(Workspace.objects.get(slug="demo"), name="plain", scope=TokenScope.READ, actor=owner)
print(json.dumps(made[1]))
"""


def test_every_cell_and_every_advice_of_every_month_of_the_demo_is_counted_again_alike(stack: Stack) -> None:
    secret: str = json.loads(stack.manage("shell", "-v", "0", "-c", TOKEN).splitlines()[-1])
    stack.settle()
    asked = r"select distinct period from kpis_kpivalue where period ~ '^\d{4}-\d\d$' order by 1"
    months = [row[0] for row in stack.sql(asked)]
    assert len(months) >= 12
    days = [f"{month}-{monthrange(*map(int, month.split('-')))[1]}" for month in months]
    read = reader(f"{stack.url}/api/v1/workspaces/demo", secret)
    results = [recompute(read, day) for day in days]
    assert [line for result in results for line in result.differences] == []
    assert min(result.compared for result in results) > 12 * 4 * 5
