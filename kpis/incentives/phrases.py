"""The phrases of a plan in both languages: one pattern each, to write a sentence and to read it.

A pattern's slots are the keys of SLOTS: `price` and `start` take numbers or percents, `share` and `under` percents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from kpis.incentives.specs import PoolKey

HUNDRED = Decimal(100)

NUMBER = r"\d+(?:\.\d+)?"
SLOTS = {
    "base": r"(?P<base>.+?)",
    "kpi": r"(?P<kpi>.+?)",
    "money": rf"(?P<money>{NUMBER})",
    "price": rf"(?P<price>{NUMBER}%?)",
    "share": rf"(?P<share>{NUMBER}%)",
    "under": rf"(?P<under>{NUMBER}%)",
    "start": rf"(?P<start>{NUMBER}%?)",
    "steps": r"(?P<steps>.+)",
    "key": r"(?P<key>.+?)",
    "factor": rf"(?P<factor>{NUMBER})",
    "shares": r"(?P<shares>.+)",
    "days": r"(?P<days>\d{1,4})",
}


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. Rules and bounds are patterns by their name; `colon`, `comma`, `stop` join them.

    `plan` are the bounds of a whole plan, whose line begins with `whole`.
    """

    colon: str
    comma: str
    stop: str
    rules: Mapping[str, str]
    bounds: Mapping[str, str]
    step: str
    keys: Mapping[PoolKey, str]
    whole: str
    plan: Mapping[str, str]


ZH = Phrases(
    colon="：",
    comma="；",
    stop="。",
    rules={
        "rate_money": "{base}的 {price} 计提",
        "rate_count": "每 1 个{base}计 {money} 元",
        "tiers_quantity_whole": "{base}按数量整额计提，{steps}",
        "tiers_quantity_band": "{base}按数量分段计提，{steps}",
        "tiers_attainment_whole": "{base}按达成率整额计提，{steps}",
        "tiers_attainment_band": "{base}按达成率分段计提，{steps}",
        "accelerator_money": "{base}的 {price} 计提，超过目标 {under} 的部分按 {factor} 倍",
        "accelerator_count": "每 1 个{base}计 {money} 元，超过目标 {under} 的部分按 {factor} 倍",
        "target_bonus": "{base}达成奖 {money} 元的倍数，{steps}",
        "score_bonus": "计分卡奖 {money} 元乘以得分的百分数",
        "pool": "奖金池取{base}的 {price}，按{key}分配",
        "split": "取{base}的 {price} 按岗位拆分，{shares}，岗内按{key}分配",
        "fixed": "固定发 {money} 元",
        "penalty": "{base}不到目标的 {under} 时，扣浮动薪酬的 {share}",
    },
    bounds={
        "gate": "{kpi}红色预警时不发",
        "cliff": "{base}不到目标的 {under} 时不发",
        "floor": "不少于 {money} 元",
        "cap": "不超过 {money} 元",
        "yuan": "四舍五入到元",
    },
    step="{start} 起计 {price}",
    keys={PoolKey.SHIFTS: "班次", PoolKey.HOURS: "工时", PoolKey.EQUAL: "人数"},
    whole="整个方案",
    plan={
        "guarantee": "合计不少于 {money} 元",
        "variable_cap": "合计不超过 {money} 元",
        "clawback_days": "关账后 {days} 天内得知的退款和更正在后续月份补扣",
    },
)
EN = Phrases(
    colon=": ",
    comma="; ",
    stop=".",
    rules={
        "rate_money": "{price} of {base}",
        "rate_count": "CNY {money} for each of {base}",
        "tiers_quantity_whole": "all of {base} at the rate its amount reaches, {steps}",
        "tiers_quantity_band": "each band of {base} at its own rate, {steps}",
        "tiers_attainment_whole": "all of {base} at the rate its attainment reaches, {steps}",
        "tiers_attainment_band": "each band of attainment of {base} at its own rate, {steps}",
        "accelerator_money": "{price} of {base}, {factor} times as much above {under} of target",
        "accelerator_count": "CNY {money} for each of {base}, {factor} times as much above {under} of target",
        "target_bonus": "CNY {money} times the factor that attainment of {base} reaches, {steps}",
        "score_bonus": "CNY {money} times the scorecard score in percent",
        "pool": "a pool of {price} of {base} shared by {key}",
        "split": "{price} of {base} split between roles, {shares}, inside a role by {key}",
        "fixed": "CNY {money} fixed",
        "penalty": "while {base} is under {under} of its target, {share} of the variable pay is taken off",
    },
    bounds={
        "gate": "nothing while {kpi} is in red alert",
        "cliff": "nothing while {base} is under {under} of its target",
        "floor": "at least CNY {money}",
        "cap": "at most CNY {money}",
        "yuan": "rounded to the yuan",
    },
    step="from {start} on {price}",
    keys={PoolKey.SHIFTS: "shifts", PoolKey.HOURS: "hours", PoolKey.EQUAL: "heads"},
    whole="Whole plan",
    plan={
        "guarantee": "at least CNY {money} in all",
        "variable_cap": "at most CNY {money} in all",
        "clawback_days": "refunds and corrections known within {days} days after the close count in later months",
    },
)
STEP_JOIN = {"zh": "，", "en": ", "}


def phrases(language: str) -> Phrases:
    """Return the phrases of `zh…` or, for any other code, of English."""
    return ZH if language.lower().startswith("zh") else EN


@cache
def reader(pattern: str) -> re.Pattern[str]:
    """Return what reads the sentences that `pattern` writes; Chinese with the spaces a hand leaves out or adds."""
    pieces = re.split(r"\{(\w+)\}", pattern)
    if pattern.isascii():
        return re.compile("".join(SLOTS[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)))
    words = (SLOTS[piece] if at % 2 else r"\s*".join(map(re.escape, piece.split())) for at, piece in enumerate(pieces))
    return re.compile(r"\s*".join(words))


def plain(number: Decimal) -> str:
    """Return a number as it is written in a sentence: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal) -> str:
    """Return a share as a percentage: 0.035 is 3.5%."""
    return f"{plain(share * HUNDRED)}%"


def number_of(text: str) -> Decimal:
    """Read a number or a percentage."""
    return Decimal(text[:-1]) / HUNDRED if text.endswith("%") else Decimal(text)
