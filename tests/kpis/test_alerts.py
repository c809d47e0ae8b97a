"""Alerts from stored figures, loads and seats: once, worse, over, armed again; who is told, and once; pages and API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from pytest_django import Settings

from kpis.alert_choices import AlertEventKind, AlertState, MailChoice, MailState
from kpis.alert_errors import AlertMoved, CauseMissing, OwnerUnknown, RuleInvalid
from kpis.choices import AutoLoad
from kpis.engine.alerting import Level, Step
from kpis.engine.specs import COMPANY
from kpis.library import load_library
from kpis.models import Alert, AlertMail, AlertRule, KpiValue
from kpis.queries.alert_rules import rules_now
from kpis.services.alerts.daily import watch
from kpis.services.alerts.evaluating import evaluate_alerts
from kpis.services.alerts.handling import acknowledge, close, review
from kpis.services.alerts.preferences import save_preference
from kpis.services.alerts.rules import preview_rule, save_rule, wanted_rule
from omnichannel.accounts.models import User
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.alerting import NOW, evaluate, sales, the_alert
from tests.kpis.door import checked, orders_csv, work
from tests.kpis.door import order as order_line
from tests.kpis.retailer import (
    NOVEMBER,
    OCTOBER,
    adopt,
    build_organisation,
    figure,
    put_targets,
    put_values,
    unit,
)

DECEMBER = parse_period("2024-12")
Members = Callable[..., User]


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()


def events() -> list[tuple[str, str]]:
    return list(the_alert().events.order_by("pk").values_list("kind", "level"))


def sent() -> list[str]:
    """Let the sending job run; return who got something, in order."""
    mail.outbox.clear()
    work(JobKind.SEND_ALERTS)
    return sorted(message.to[0].split("@")[0].rstrip("0123456789") for message in mail.outbox)


@pytest.mark.usefixtures("retailer")
def test_an_alert_is_raised_once_worsens_in_place_and_is_armed_again_after_closing(member: Members) -> None:
    strategist = member("analyst", person_external_id="P2")
    member("owner"), member("executive"), member("guide", person_external_id="ES1")
    sales(900)
    assert evaluate().counts.get(Step.RAISE) is None  # exactly at the threshold has reached it
    sales(850)
    assert evaluate().counts[Step.RAISE] == 1
    assert (the_alert().level, the_alert().owner, sent()) == ("yellow", strategist, ["analyst"])
    assert the_alert().due_at == NOW + timedelta(hours=72)
    assert evaluate(days=1).counts[Step.RENEW] == 1
    assert sent() == []

    sales(550)
    assert evaluate(days=2).counts[Step.WORSEN] == 1
    assert (the_alert().level, the_alert().measured) == ("red", Decimal(55))
    assert the_alert().due_at == NOW + timedelta(days=2, hours=4)
    assert sent() == ["analyst", "executive", "owner"]
    sales(980)
    evaluate(days=3)
    assert (the_alert().now_level, the_alert().level, the_alert().is_open) == ("", "red", True)
    sales(560)
    evaluate(days=4)
    assert (the_alert().over_since, sent()) == (None, [])
    assert events() == [("raised", "yellow"), ("worsened", "red"), ("over", ""), ("back", "red")]

    alert = the_alert()
    with pytest.raises(AlertMoved):
        close(alert.pk, cause="x", action="y", actor_id=strategist.pk, now=NOW)
    acknowledge(alert.pk, cause="缺货", action="", owner_id=None, actor_id=strategist.pk, now=NOW)
    with pytest.raises(CauseMissing):
        close(alert.pk, cause="", action="  ", actor_id=strategist.pk, now=NOW)
    close(alert.pk, cause="", action="调拨", actor_id=strategist.pk, now=NOW)
    assert set(evaluate(days=5).counts) == {Step.NOTHING}
    sales(700, period=DECEMBER)
    assert set(evaluate(days=20).counts) == {Step.NOTHING}  # December is not over: nothing can be said of its target
    assert evaluate(days=40).counts[Step.RAISE] == 1
    assert list(Alert.objects.order_by("pk").values_list("state", "episode", "level")) == [
        ("closed", "2024-11", "red"), ("raised", "2024-12", "orange"),
    ]  # fmt: skip


@pytest.mark.usefixtures("retailer")
def test_a_figure_that_is_missing_raises_nothing_and_leaves_what_is_open_as_it_is(member: Members) -> None:
    member("owner")
    sales(700)
    evaluate()
    put_values(NOVEMBER, [figure("sales_net", COMPANY, None)])
    evaluate(days=1)
    assert (the_alert().now_level, the_alert().over_since) == ("orange", None)


@pytest.mark.usefixtures("retailer")
def test_the_unit_that_drove_it_is_named_and_line_managers_hear_of_their_own_subtree_only(member: Members) -> None:
    region, store = member("line_manager", unit_external_id="R1"), member("line_manager", unit_external_id="S1")
    member("owner")
    scopes = (unit("R1"), unit("S1"), unit("S2"))
    for period, amounts in ((OCTOBER, (200, 100, 100)), (NOVEMBER, (150, 95, 55))):
        put_values(period, [figure("sales_net", scope, n) for scope, n in zip(scopes, amounts, strict=True)])
    assert evaluate().counts[Step.RAISE] == 1  # stores are not watched by default
    alert = the_alert()
    assert (alert.rule, alert.scope_id, alert.level, alert.measured) == ("adverse-change", "R1", "orange", Decimal(25))
    assert alert.driver == {"kind": "unit", "id": "S2", "change": "-45.0000", "total": "-50.000000"}
    assert (alert.owner, sent()) == (region, ["line_manager", "owner"])
    told = set(alert.events.values_list("notices__user", flat=True))
    assert region.pk in told
    assert store.pk not in told
    with pytest.raises(OwnerUnknown):
        acknowledge(alert.pk, cause="", action="", owner_id=store.pk, actor_id=region.pk, now=NOW)


@pytest.mark.usefixtures("retailer")
def test_another_definition_is_no_fall_against_the_month_before(member: Members) -> None:
    member("owner")
    for period, amount in ((OCTOBER, 200), (NOVEMBER, 100)):
        put_values(period, [figure("sales_net", scope, amount) for scope in (COMPANY, unit("R1"))])
    KpiValue.objects.filter(period=str(OCTOBER)).update(definition_hash="as it was counted then")
    assert evaluate().counts.get(Step.RAISE) is None
    put_values(OCTOBER, [figure("sales_net", scope, 201) for scope in (COMPANY, unit("R1"))])
    assert evaluate(days=1).counts[Step.RAISE] >= 1


class BusyServer(BaseEmailBackend):
    """A mail server that hangs up, as real ones do."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Refuse everything."""
        raise SMTPServerDisconnected("please try again")


@pytest.mark.usefixtures("retailer")
def test_a_refused_message_is_sent_again_and_none_is_ever_sent_twice(member: Members, settings: Settings) -> None:
    member("owner")
    sales(850)
    evaluate()
    fine, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.BusyServer"
    tries = work(JobKind.SEND_ALERTS)
    assert (tries[-1].state, len(tries), AlertMail.objects.get().state) == (JobState.FAILED, 3, MailState.WAITING)
    settings.EMAIL_BACKEND = fine
    assert sent() == []  # the job is through with its attempts
    watch(now=NOW)
    assert sent() == ["owner"]
    watch(now=NOW)
    assert sent() == []
    AlertMail.objects.update(state=MailState.SENDING)  # a sender that was killed: it may have gone out
    watch(now=NOW)
    assert sent() == []


@pytest.mark.usefixtures("retailer")
def test_each_member_gets_one_digest_in_their_language_and_only_the_levels_they_want(member: Members) -> None:
    zh, en, none = member("analyst", person_external_id="P2"), member("owner"), member("executive")
    save_preference(zh.pk, least=MailChoice.RED, language="zh-hans")
    save_preference(en.pk, least=MailChoice.YELLOW, language="en")
    save_preference(none.pk, least=MailChoice.NONE, language="en")
    put_targets(NOVEMBER, {("sales_net", COMPANY): 1000, ("net_profit", COMPANY): 1000})
    put_values(NOVEMBER, [figure("sales_net", COMPANY, 500), figure("net_profit", COMPANY, 750)])
    assert evaluate().counts[Step.RAISE] == 2
    assert sent() == ["analyst", "owner"]

    def named(kpi: str) -> str:
        return load_library().kpis[kpi].names.en

    texts = {message.to[0]: message for message in mail.outbox}
    english, chinese = texts[en.email], texts[zh.email]
    assert "Low attainment" in english.body
    assert english.body.index(named("sales_net")) < english.body.index(named("net_profit"))  # red before orange
    assert "达成率过低" in chinese.body
    assert load_library().kpis["net_profit"].names.zh not in chinese.body  # orange is not wanted
    assert f"/w/acme/alerts/{Alert.objects.get(subject_id='sales_net').pk}/" in chinese.body
    assert english.extra_headers["Message-ID"] != chinese.extra_headers["Message-ID"]


@pytest.mark.usefixtures("retailer")
def test_a_changed_threshold_counts_from_now_on_is_logged_and_the_preview_tells_what_it_will_raise(
    member: Members,
) -> None:
    actor = member("analyst")
    sales(850)
    evaluate()
    sales(950)

    def attainment(yellow: str, orange: str, red: str, **wishes: object) -> object:
        cuts = {Level.YELLOW: Decimal(yellow), Level.ORANGE: Decimal(orange), Level.RED: Decimal(red)}
        used = rules_now()["attainment"]
        given = {"is_on": True, "scopes": used.scopes, "subjects": (), "notify": used.notify, **wishes}
        return wanted_rule("attainment", cuts=cuts, **given)  # type: ignore[arg-type]

    for wrong in (("90", "95", "60"), ("90", "80", "80"), ("90", "80", "-1"), ("90.001", "80", "60")):
        with pytest.raises(RuleInvalid):
            attainment(*wrong)
    with pytest.raises(RuleInvalid):
        attainment("90", "80", "60", scopes=())
    stricter = attainment("99", "96", "60")
    preview = preview_rule(stricter, now=NOW)  # type: ignore[arg-type]
    assert ([finding.level for finding in preview.raised], preview.crossed) == ([Level.ORANGE], 1)
    outcome = save_rule(stricter, note="旺季", actor_id=actor.pk, now=NOW)  # type: ignore[arg-type]
    assert outcome.of(Step.RAISE, Step.WORSEN) == len(preview.raised) == 1
    assert (the_alert().level, the_alert().threshold) == ("orange", Decimal(96))
    row = AlertRule.objects.get()
    assert (row.orange, row.note, row.created_by) == (Decimal(96), "旺季", actor)
    off = attainment("99", "96", "60", is_on=False)
    save_rule(off, note="", actor_id=actor.pk, now=NOW)  # type: ignore[arg-type]
    sales(100)
    assert set(evaluate(days=1).counts) == {Step.NOTHING}
    assert (the_alert().level, AlertRule.objects.count()) == ("orange", 2)


@pytest.mark.usefixtures("retailer")
def test_old_loads_and_vacant_roles_are_raised_by_the_clock_alone(member: Members) -> None:
    member("analyst"), member("hr_lead")
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED, at="BU1")
    checked(orders_csv(order_line(1), order_line(2)), auto=AutoLoad.CLEAN)
    work(JobKind.LOAD_UPLOAD)
    today = timezone.now()
    evaluate_alerts(now=today)
    found = {alert.subject_id: alert for alert in Alert.objects.all()}
    assert "orders" not in found
    vacant = {key: alert.level for key, alert in found.items()}
    assert vacant["member-ops"] == "red"
    assert "user-ops" not in vacant  # P1 holds it below BU1
    assert found["member-ops"].episode == "2024-01-01"
    evaluate_alerts(now=today + timedelta(days=7))
    stale = Alert.objects.get(subject_id="orders")
    assert (stale.level, stale.measured, stale.scope_kind) == ("orange", Decimal(7), "company")
    assert sent() == ["analyst", "hr_lead"]
    evaluate_alerts(now=today)  # as after a load of that day
    assert Alert.objects.get(subject_id="orders").over_since is not None
    watch(now=today)
    assert [job.state for job in work(JobKind.WATCH_ALERTS)] == [JobState.SUCCEEDED]


def test_a_review_tells_all_three_parts(retailer: None, member: Members) -> None:
    actor = member("owner").pk
    sales(500)
    evaluate()
    acknowledge(the_alert().pk, cause="a", action="b", owner_id=None, actor_id=actor, now=NOW)
    close(the_alert().pk, cause="", action="", actor_id=actor, now=NOW)
    review(the_alert().pk, before="x", during="y", after="z", actor_id=actor, now=NOW)
    assert (the_alert().state, the_alert().after) == (AlertState.REVIEWED, "z")
    assert AlertEventKind.REVIEWED in the_alert().events.values_list("kind", flat=True)
