"""What the demo's people dispute: one line that waits for an answer, and one that was refused with its reason."""

from __future__ import annotations

from decimal import Decimal

from kpis.choices import DisputeState
from kpis.models import PayLine
from kpis.services.pay.disputes import Claim, Verdict, answer_dispute, raise_dispute
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.scoping import current_workspace_id

WAITING = Claim("missing", "有一位客户是我加的好友，商城订单没有算到我名下，请核对当天的记录。", Decimal("12.50"))
ANSWERED = Claim("rate", "我觉得应该到下一个阶梯了。")
ANSWER = "按方案第一条，数量未到下一阶梯的起点；明细页写明了还差多少。"


def seed_disputes(*, answerer_id: int) -> None:
    """Let the demo's guide dispute two lines of their newest closed month; nothing where there is none."""
    guide = Membership.objects.filter(workspace_id=current_workspace_id(), role=MemberRole.GUIDE).first()
    if guide is None or not guide.person_external_id:
        return
    lines = PayLine.objects.select_related("statement__run").filter(
        statement__person_external_id=guide.person_external_id,
        statement__run__locked_at__isnull=False,
        amount__isnull=False,
    )
    chosen = list(lines.order_by("-statement__run__period", "pk")[:2])
    raised = [
        raise_dispute(line, claim, actor_id=guide.user_id)
        for line, claim in zip(chosen, (WAITING, ANSWERED), strict=False)
    ]
    if len(raised) > 1:
        answer_dispute(raised[1].pk, Verdict(DisputeState.REFUSED, ANSWER), actor_id=answerer_id)
