"""Products of the two brands, and how order amounts split over them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from kpis.demo.scale import Floats, Ints, Scale, date_of, rng_for
from kpis.demo.write import Cell, Sink

CATEGORIES: tuple[tuple[str, str, int, int], ...] = (  # category, garment, business unit, usual price
    ("连衣裙", "连衣裙", 0, 699), ("外套", "羊毛大衣", 0, 1299), ("针织", "针织衫", 0, 459),
    ("衬衫", "真丝衬衫", 0, 529), ("裤装", "阔腿裤", 0, 429), ("配饰", "丝巾", 0, 229),
    ("童装外套", "儿童羽绒服", 1, 499), ("童装上衣", "儿童卫衣", 1, 199), ("童装裤装", "儿童长裤", 1, 169),
    ("童装连衣裙", "女童连衣裙", 1, 259),
)  # fmt: skip
EXCLUSIVE = ("none", "member", "private")


@dataclass(frozen=True, slots=True)
class Products:
    """Products as arrays; `chances[bu]` are cumulative chances of sale over all products of a unit."""

    ids: pa.Array
    bu: Ints
    category: Ints
    cost: Ints  # cents
    exclusive: Ints
    launched: Ints
    popularity: Floats
    chances: tuple[Floats, Floats]

    def draw(self, bu: Ints, draws: Floats) -> Ints:
        """Draw a product of each unit."""
        picks = [np.searchsorted(chances, draws, side="right") for chances in self.chances]
        return np.where(bu == 0, picks[0], picks[1]).astype(np.int64)


def build_products(scale: Scale, *, seed: int, sink: Sink) -> Products:
    """Write products.csv; about one product in seven is sold to members or private users only."""
    rng = rng_for(seed, "products")
    count = 40 if scale.name == "tiny" else 160
    category = np.arange(count) % len(CATEGORIES)
    series = rng.permutation(count) + 101
    usual = np.array([row[3] for row in CATEGORIES])[category]
    price = (np.round(usual * rng.lognormal(0, 0.25, count) / 10) * 10 - 1).astype(np.int64)
    cost = np.round(price * rng.uniform(0.30, 0.42, count) * 100).astype(np.int64)
    exclusive = rng.choice(3, size=count, p=[0.86, 0.09, 0.05])
    exclusive[:4] = [1, 2, 0, 0]
    launched = -rng.integers(30, 600, count)
    rows: list[list[Cell]] = []
    for i in range(count):
        name, garment, bu, _ = CATEGORIES[category[i]]
        title = f"{('兰溪', '小芽')[bu]}{garment}{series[i]}"
        day: date = date_of(int(launched[i]))
        cells: list[Cell] = [f"SKU-{i + 1:03d}", title, name, f"{price[i]}.00", f"{cost[i] / 100:.2f}"]
        rows.append([*cells, EXCLUSIVE[exclusive[i]], day])
    columns = ("sku_id", "name", "category", "list_price", "unit_cost", "exclusive_to", "launched_on")
    sink.add_rows("products", columns, rows)
    bu_of = np.array([row[2] for row in CATEGORIES])[category]
    popularity = rng.lognormal(0, 0.7, count) * np.where(exclusive > 0, 0.8, 1.0)
    chances = [np.cumsum(np.where(bu_of == bu, popularity, 0.0)) for bu in (0, 1)]
    return Products(
        ids=pa.array([str(row[0]) for row in rows]),
        bu=bu_of.astype(np.int64),
        category=category.astype(np.int64),
        cost=cost,
        exclusive=exclusive.astype(np.int64),
        launched=launched.astype(np.int64),
        popularity=popularity,
        chances=(chances[0] / chances[0][-1], chances[1] / chances[1][-1]),
    )
