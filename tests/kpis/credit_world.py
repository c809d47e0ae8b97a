"""Orders that several departments touched, on the organisation of `tests.roles.organisation`, loaded by the door.

O1 is the order of 300 of `domain.md` 13; O5 is cancelled; O6 has no touch.
"""

from __future__ import annotations

from kpis.choices import AutoLoad
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind, JobState
from tests.kpis.door import orders_csv, put, work

JUNE = parse_period("2026-06")
TOUCHES_HEADER = "order_id,seq,touched_at,role_id,channel,employee_id,campaign_id"
CONTACTS_HEADER = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
ORDERS = (
    "O1,C1,private_mall,S0101,,2026-06-11 12:00:00,completed,300,0,0,300,1",
    "O2,C2,store,S0101,E3,2026-06-12 12:00:00,completed,120,0,20,100,1",
    "O3,C3,store,S0201,E5,2026-06-13 12:00:00,paid,50,0,0,50,1",
    "O4,C4,public_platform,,,2026-06-14 12:00:00,paid,80,0,0,80,1",
    "O5,C5,store,S0101,E3,2026-06-15 12:00:00,cancelled,999,0,0,999,1",
    "O6,C6,store,S0102,E4,2026-06-16 12:00:00,paid,40,0,0,40,1",
)
TOUCHES = (
    "O1,1,2026-06-01 12:00:00,ad-delivery,public_platform,,",
    "O1,2,2026-06-04 12:00:00,content-marketing,private_mall,,",
    "O1,3,2026-06-11 12:00:00,digital-guide,store,E3,",
    "O1,4,2026-06-11 12:00:01,digital-guide,store,E5,",  # after the payment
    "O1,5,2026-05-01 12:00:00,user-ops,private_mall,,",  # before the window
    "O2,1,2026-06-10 12:00:00,content-marketing,private_mall,,",
    "O2,2,2026-06-12 11:00:00,digital-guide,store,E3,",
    "O3,1,2026-06-12 12:00:00,digital-guide,store,E3,",
    "O3,2,2026-06-13 11:00:00,digital-guide,store,E5,",
    "O4,1,2026-06-13 11:00:00,content-marketing,public_platform,,",
    "O5,1,2026-06-14 12:00:00,content-marketing,private_mall,,",
    "O5,2,2026-06-15 11:00:00,digital-guide,store,E3,",
)
# One person in three ways is one new contact, the first one's source counts: k1, not k2 and k3.
CONTACTS = (
    "k1,C1,E3,S0101,wecom_friend,store,2026-06-02 09:00:00,",
    "k2,C1,E4,S0102,wecom_friend,ad,2026-06-03 09:00:00,",
    "k3,C1,,S0101,group_member,content,2026-06-04 09:00:00,",
    "k4,C2,E3,S0101,wecom_friend,store,2026-06-05 09:00:00,",
    "k5,C3,,,oa_follower,content,2026-06-05 09:00:00,",
    "k6,C4,,,wecom_friend,public_platform,2026-06-06 09:00:00,",
    "k7,C5,,,wecom_friend,ad,2026-06-07 09:00:00,",
    "k8,C6,,,wecom_friend,referral,2026-06-08 09:00:00,",
    "k9,C7,,,wecom_friend,other,2026-06-09 09:00:00,",
)


def load_credit() -> None:
    """Load orders, touches and contacts, and compute the month."""
    for content, name in (
        (orders_csv(*ORDERS), "orders.csv"),
        (_csv(TOUCHES_HEADER, TOUCHES), "order_touches.csv"),
        (_csv(CONTACTS_HEADER, CONTACTS), "contacts.csv"),
    ):
        put(content, filename=name, auto=AutoLoad.GOOD_ROWS)
        assert {job.state for job in work()} == {JobState.SUCCEEDED}
    assert JobState.FAILED not in {job.state for job in work(JobKind.COMPUTE_VALUES)}


def _csv(header: str, rows: tuple[str, ...]) -> bytes:
    return "\n".join((header, *rows, "")).encode()
