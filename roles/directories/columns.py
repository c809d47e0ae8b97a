"""The columns of the three systems' spreadsheets, by all the names they go by. Pure.

WeCom: the batch files of the API (developer.work.weixin.qq.com/document/path/90979) and the console's export. DingTalk
and Feishu publish no description of theirs: these are the headers of their templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from roles.directories.shapes import Kind

MEMBER: Mapping[str, tuple[str, ...]] = {
    "id": ("帐号", "账号", "userid", "员工userid", "用户id", "user id", "企业邮箱帐号", "成员userid"),
    "name": ("姓名", "成员姓名", "员工姓名", "name"),
    "departments": ("所在部门", "部门", "所属部门", "部门路径", "主部门", "department", "departments"),
    "title": ("职位", "职务", "岗位", "title", "job title"),
    "is_leader": (
        "是否部门内领导", "是否部门负责人", "部门负责人", "是否此部门主管", "是否部门主管", "是否为部门负责人",
        "department leader",
    ),
    "order": ("排序", "部门内排序"),
    "disabled": ("禁用", "是否禁用", "禁用状态", "账号状态", "帐号状态", "激活状态", "员工状态"),
    "manager": ("直属上级", "直属主管", "直接上级", "汇报对象", "direct manager", "manager"),
    "hired_on": ("入职时间", "入职日期", "hire date", "start date"),
    "key": ("工号", "员工工号", "employee id", "employee no."),
}  # fmt: skip
DEPARTMENT: Mapping[str, tuple[str, ...]] = {
    "id": ("部门id", "部门编号", "department id"),
    "name": ("部门名称", "名称", "department name"),
    "parent": ("父部门id", "上级部门id", "父部门编号", "parent department id"),
    "order": ("排序", "次序值", "部门排序", "order"),
    "leaders": ("部门负责人", "部门负责人账号", "部门负责人帐号", "部门主管", "department leader"),
}
# What is personal and of no use here: never taken along, and said so.
PERSONAL = (
    "手机", "手机号", "手机号码", "电话", "座机", "邮箱", "个人邮箱", "企业邮箱", "电子邮箱", "性别", "地址", "微信号",
    "身份证号", "生日", "mobile", "phone", "email", "work email", "gender", "address",
)  # fmt: skip
NEEDED_OF_MEMBER, NEEDED_OF_DEPARTMENT = ("name", "departments"), ("id", "name", "parent")
# How a path of departments is written, and what stands between several of them.
STEPS = {Kind.WECOM: "/", Kind.DINGTALK: "-", Kind.FEISHU: "/"}
BETWEEN = {Kind.WECOM: ";；|", Kind.DINGTALK: ",，;；", Kind.FEISHU: ",，;；"}
# Headers that only one of the systems uses.
TELLING = {
    Kind.WECOM: {"帐号", "账号", "所在部门", "是否部门内领导", "对外职务"},
    Kind.DINGTALK: {"员工userid", "是否此部门主管", "直属主管", "部门主管", "主管"},
    Kind.FEISHU: {"用户id", "user id", "直属上级", "工作地点", "人员类型"},
}
WORDS_FOR_DISABLED = {
    "1",
    "是",
    "已禁用",
    "禁用",
    "停用",
    "已停用",
    "暂停使用",
    "离职",
    "已离职",
    "退出企业",
    "disabled",
    "suspended",
}


def plain(header: str) -> str:
    """Return a header as it is compared: without stars, hints in brackets and outer blanks, in small letters."""
    for bracket in "(（【[":
        header = header.partition(bracket)[0]
    return header.replace("*", "").replace("\ufeff", "").strip().lower()


def matched(headers: Sequence[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return for each field the column that carries it; of several names the first in the list wins."""
    places = {plain(header): index for index, header in reversed(list(enumerate(headers)))}
    return {
        name: places[found]
        for name, aliases in names.items()
        if (found := next((alias for alias in aliases if alias in places), None)) is not None
    }


def kind_of(headers: Sequence[str]) -> Kind:
    """Guess the system by the headers that only it uses; WeCom where nothing tells."""
    said = {plain(header) for header in headers}
    return max(Kind, key=lambda kind: len(said & TELLING[kind]))


def personal(headers: Sequence[str]) -> list[str]:
    """Return the headers whose columns are left behind."""
    return [header for header in headers if plain(header) in PERSONAL]
