"""The organisation of the invented Yunshang Group: group, headquarters, two business units, regions, stores. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpis.demo.scale import STAR_STORE, TROUBLE_STORE, Floats, Ints, Scale, rng_for
from kpis.demo.write import Sink

BUSINESS_UNITS = ("BU1", "BU2")  # Lanxi womenswear, mature; Xiaoya childrenswear, still a pilot
USER_CENTRE = "BU1-UC"
UNIT_COLUMNS = (
    "unit_id", "name", "level", "parent_id", "ownership", "city", "is_leading", "rank", "starts_on", "ends_on",
)  # fmt: skip
PROJECT_TEAM = "BU2-PRJ"
HEADS: tuple[tuple[str, str, str, str | None], ...] = (
    ("G", "云裳集团", "group", None),
    ("HQ", "集团总部", "hq", "G"),
    ("D-MKT", "市场部", "department", "HQ"),
    ("D-SAL", "销售部", "department", "HQ"),
    ("D-EC", "电商部", "department", "HQ"),
    ("D-MD", "商品部", "department", "HQ"),
    ("D-IT", "信息部", "department", "HQ"),
    ("D-DA", "数据部", "department", "HQ"),
    ("D-TR", "培训部", "department", "HQ"),
    ("D-HR", "人力资源部", "department", "HQ"),
    ("BU1", "兰溪女装事业部", "business_unit", "G"),
    (USER_CENTRE, "兰溪用户运营中心", "department", "BU1"),
    ("BU2", "小芽童装事业部", "business_unit", "G"),
    (PROJECT_TEAM, "小芽全域项目组(虚拟)", "department", "BU2"),
)
REGION_NAMES = {
    "R01": "华东大区",
    "R02": "华南大区",
    "R03": "华北大区",
    "R04": "西南大区",
    "R05": "华中大区",
    "R06": "东北大区",
}
OWNER_OF_REGION = {"R01": 0, "R02": 0, "R03": 0, "R04": 0, "R05": 1, "R06": 1}
CITIES: dict[str, tuple[tuple[str, str], ...]] = {
    "R01": (
        ("上海", "静安 徐汇 浦东 闵行"),
        ("杭州", "西湖 拱墅"),
        ("南京", "鼓楼 江宁"),
        ("苏州", "姑苏"),
        ("宁波", "鄞州"),
        ("无锡", "滨湖"),
    ),
    "R02": (
        ("广州", "天河 越秀 番禺"),
        ("深圳", "南山 福田 宝安"),
        ("佛山", "禅城"),
        ("东莞", "南城"),
        ("厦门", "思明"),
        ("福州", "鼓楼"),
    ),
    "R03": (
        ("北京", "朝阳 海淀 西城"),
        ("天津", "和平 南开"),
        ("济南", "历下"),
        ("青岛", "市南"),
        ("石家庄", "长安"),
        ("太原", "小店"),
    ),
    "R04": (("成都", "锦江 武侯 高新"), ("重庆", "渝中 江北"), ("昆明", "五华"), ("贵阳", "云岩"), ("南宁", "青秀")),
    "R05": (("武汉", "江汉 武昌"), ("长沙", "芙蓉 岳麓"), ("郑州", "金水"), ("南昌", "红谷滩"), ("合肥", "蜀山")),
    "R06": (("沈阳", "和平 铁西"), ("大连", "中山"), ("哈尔滨", "道里"), ("长春", "朝阳"), ("西安", "雁塔")),
}


@dataclass(frozen=True, slots=True)
class Org:
    """The units as arrays. Store arrays run over the stores; `units` holds every id, `store_unit` points into it.

    `rows` are the units as they are written, without what is the same for all.
    """

    units: tuple[str, ...]
    store_ids: tuple[str, ...]
    store_region: tuple[str, ...]
    store_bu: Ints
    store_unit: Ints
    store_weight: Floats
    trouble: int
    rows: dict[str, tuple[str | None, ...]]

    def unit_index(self, unit: str) -> int:
        """Return the position of a unit id."""
        return self.units.index(unit)

    @property
    def bu_units(self) -> Ints:
        """Return the positions of the business units."""
        return np.array([self.unit_index(unit) for unit in BUSINESS_UNITS], dtype=np.int64)


def _places(region: str) -> list[tuple[str, str]]:
    """Return (city, district) in the order in which a chain opens stores: the first district of each city first."""
    split = [(city, districts.split()) for city, districts in CITIES[region]]
    deepest = max(len(districts) for _, districts in split)
    return [(city, districts[turn]) for turn in range(deepest) for city, districts in split if turn < len(districts)]


def _store_rows(scale: Scale, *, seed: int) -> list[tuple[str, str, str, str, str, str]]:
    draws = rng_for(seed, "org").random(scale.stores)
    rows: list[tuple[str, str, str, str, str, str]] = []
    for region, count in scale.regions:
        places = _places(region)
        direct_share = 0.75 if OWNER_OF_REGION[region] == 0 else 0.55
        for number in range(1, count + 1):
            unit = f"S{region[1:]}{number:02d}"
            lap, spot = divmod(number - 1, len(places))
            city, district = places[spot]
            name = f"{city}{district}{'' if lap == 0 else f'{lap + 1}号'}店"
            known_direct = unit in (TROUBLE_STORE, STAR_STORE) or number == 1
            ownership = "direct" if known_direct or draws[len(rows)] < direct_share else "franchise"
            rows.append((unit, name, "store", region, ownership, city))
    return rows


def _weights(stores: tuple[str, ...], *, seed: int) -> Floats:
    weights = rng_for(seed, "store weights").lognormal(0.0, 0.28, len(stores))
    for index, store in enumerate(stores):
        if store == STAR_STORE:
            weights[index] = 2.1
        elif store == "S0101":
            weights[index] = 1.6  # home of the guide who signs in
        elif store == TROUBLE_STORE:
            weights[index] = 1.15  # an ordinary store until its trouble starts
    return np.asarray(weights, dtype=np.float64)


def build_org(scale: Scale, *, seed: int, sink: Sink) -> Org:
    """Write org_units.csv (the state of today) and return the units as arrays."""
    rows: list[tuple[str | None, ...]] = [
        (unit, name, level, parent, "na", "上海") for unit, name, level, parent in HEADS
    ]
    for region, _ in scale.regions:
        owner = BUSINESS_UNITS[OWNER_OF_REGION[region]]
        rows.append((region, REGION_NAMES[region], "region", owner, "na", CITIES[region][0][0]))
    stores = _store_rows(scale, seed=seed)
    rows += stores
    described = [(*row, True if row[0] == USER_CENTRE else None, None, None, None) for row in rows]
    sink.add_rows("org_units", UNIT_COLUMNS, described)
    ids = tuple(row[0] for row in stores)
    regions = tuple(row[3] for row in stores)
    units = tuple(str(row[0]) for row in rows)
    return Org(
        units=units,
        store_ids=ids,
        store_region=regions,
        store_bu=np.array([OWNER_OF_REGION[region] for region in regions], dtype=np.int64),
        store_unit=np.arange(len(units) - len(ids), len(units), dtype=np.int64),
        store_weight=_weights(ids, seed=seed),
        trouble=ids.index(TROUBLE_STORE),
        rows={str(row[0]): row for row in rows},
    )
