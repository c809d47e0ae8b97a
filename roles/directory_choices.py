"""Closed lists of directory connections and their runs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DirectoryKind(models.TextChoices):
    """The systems whose directories we read; the values are those of `OrgSource`."""

    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")


class RunState(models.TextChoices):
    """How far a run is, or how it ended. `to_confirm`: many would leave, and nobody has typed that they shall."""

    WAITING = "waiting", _("Queued")
    RUNNING = "running", _("Running")
    PREVIEWED = "previewed", _("Previewed")
    WRITTEN = "written", _("Written")
    TO_CONFIRM = "to_confirm", _("To be confirmed")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


DEFAULT_ADDRESS = {
    DirectoryKind.WECOM: "https://qyapi.weixin.qq.com",
    DirectoryKind.DINGTALK: "https://oapi.dingtalk.com",
    DirectoryKind.FEISHU: "https://open.feishu.cn",
}
UNDER_WAY = (RunState.WAITING, RunState.RUNNING)
