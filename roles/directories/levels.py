"""What kind of unit a department is, as far as its name says so: directories have no such thing. Pure."""

from __future__ import annotations

# The end of a name, and the level it stands for; the first that fits.
ENDINGS = (
    (("事业部", "事业群", "business unit"), "business_unit"),
    (("大区", "片区", "区域", "战区", "region"), "region"),
    (("专卖店", "旗舰店", "门店", "店", "store"), "store"),
    (("项目组", "专项组", "project team"), "project_team"),
    (("总部", "headquarters"), "hq"),
)


def level_of(name: str, *, is_top: bool) -> str:
    """Return the level of a new unit; the one a person gives it later stays."""
    if is_top:
        return "group"
    said = name.strip().lower()
    return next((level for endings, level in ENDINGS if said.endswith(endings)), "department")
