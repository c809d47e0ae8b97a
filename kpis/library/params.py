"""The parameters a workspace may change: what each may be, what it means in words, and reading a written value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kpis.engine.attribution import MODELS
from omnichannel.core.text import Bilingual

_WHOLE = re.compile(r"\d{1,6}")


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter: a whole number from `low` to `high`, or one of `choices`."""

    name: str
    names: Bilingual
    meaning: Bilingual
    unit: str = "days"
    low: int = 1
    high: int = 3650
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> int | str:
        """Return the value as the engine takes it. ValueError for what it cannot be."""
        written = text.strip()
        if self.choices:
            if written in self.choices:
                return written
        elif _WHOLE.fullmatch(written) and self.low <= int(written) <= self.high:
            return int(written)
        raise ValueError(text)


PARAMS: Mapping[str, ParamSpec] = {
    spec.name: spec
    for spec in (
        ParamSpec(
            "churn_days",
            Bilingual("流失天数", "Churn window"),
            Bilingual("多少天没有有效订单算流失；影响流失、召回与生命周期。",
                      "Days without a valid order after which a customer counts as lost: churn, recall, lifetime."),
        ),
        ParamSpec(
            "activation_days",
            Bilingual("激活天数", "Activation window"),
            Bilingual("新联系人在添加后多少天内有互动、到访或下单算激活。",
                      "Days after being added within which a new contact must interact, visit or order."),
            high=365,
        ),
        ParamSpec(
            "second_purchase_days",
            Bilingual("二次购买天数", "Second-purchase window"),
            Bilingual("首单后多少天内的第二单算二次购买。",
                      "Days after the first order within which the second must come."),
            high=730,
        ),
        ParamSpec(
            "rfm_window_days",
            Bilingual("RFM 窗口天数", "RFM window"),
            Bilingual("分层时看多少天内的订单。", "Days of orders that RFM tiers look at."),
            low=7,
        ),
        ParamSpec(
            "rfm_bins",
            Bilingual("RFM 分箱数", "RFM bins"),
            Bilingual("最近、频次、金额各分几档。", "Grades each of recency, frequency and money is cut into."),
            unit="count",
            low=2,
            high=10,
        ),
        ParamSpec(
            "rfm_min_customers",
            Bilingual("RFM 最少用户数", "Fewest customers for RFM"),
            Bilingual("少于此数的范围不分层。", "A scope with fewer customers is not cut into tiers."),
            unit="people",
            high=100_000,
        ),
        ParamSpec(
            "ltv_cap_years",
            Bilingual("生命周期上限（年）", "Cap of the lifetime, years"),
            Bilingual("计算用户生命周期价值时，预期生命周期最长算几年。",
                      "The longest expected lifetime that customer value is computed with."),
            unit="years",
            high=50,
        ),
        ParamSpec(
            "attribution_model",
            Bilingual("归因模型", "Attribution model"),
            Bilingual("一笔订单的功劳如何分给各次触达。", "How the credit for one order is split over its touches."),
            unit="",
            choices=MODELS,
        ),
        ParamSpec(
            "attribution_window_days",
            Bilingual("归因窗口天数", "Attribution window"),
            Bilingual("付款前多少天内的触达参与归因。", "Days before payment whose touches share in an order."),
            high=365,
        ),
        ParamSpec(
            "attribution_half_life_days",
            Bilingual("归因半衰期天数", "Attribution half-life"),
            Bilingual("时间衰减模型中，多少天后功劳减半。",
                      "Days after which a touch counts half, in the time-decay model."),
            high=365,
        ),
    )
}  # fmt: skip
