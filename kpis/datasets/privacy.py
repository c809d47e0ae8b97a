"""Columns that carry personal data of customers, recognised by header and by content. They are never kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kpis.datasets.headers import normal_header
from omnichannel.core.text import Bilingual

CUSTOMER_TABLES = frozenset(
    {"customers", "orders", "order_lines", "order_touches", "contacts", "interactions", "surveys"}
)
SAMPLED = 5_000
FEWEST = 3
MOBILE = re.compile(r"(\+?86)?[- ]?1[3-9]\d[- ]?[\d*]{4}[- ]?\d{4}")
CITIZEN_ID = re.compile(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
ADDRESS = re.compile(r".*(省|市|自治区|区|县|镇).*(路|街|道|巷|村|小区|大厦|号|栋|单元|室).*\d.*")
CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data: the headers that name it and the share of cells that must look like it."""

    names: Bilingual
    headers: frozenset[str]
    inside: tuple[str, ...]
    looks: Callable[[str], bool]
    share: float


def _citizen_id(text: str) -> bool:
    """Return whether the check digit holds too: order numbers also have 18 digits."""
    if not CITIZEN_ID.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _name(text: str) -> bool:
    return bool(CHINESE_NAME.fullmatch(text)) and text[0] in SURNAMES


def _headers(words: str) -> frozenset[str]:
    return frozenset(normal_header(word) for word in words.split(","))


KINDS = (
    Kind(
        Bilingual("手机或电话号码", "phone numbers"),
        _headers("手机,手机号,手机号码,电话,联系方式,联系电话,固定电话,tel,telephone,mobile,phone,cell"),
        ("手机号", "电话号", "联系电话", "phonenumber", "mobilenumber", "收货电话", "收件电话"),
        lambda text: bool(MOBILE.fullmatch(text)),
        0.3,
    ),
    Kind(
        Bilingual("身份证号", "identity card numbers"),
        _headers("身份证,证件号,证件号码,id card,idcard,id number,identity number"),
        ("身份证",),
        _citizen_id,
        0.3,
    ),
    Kind(
        Bilingual("邮箱地址", "e-mail addresses"),
        _headers("邮箱,电子邮箱,邮件,email,e-mail,mail,email address"),
        ("电子邮箱", "emailaddress"),
        lambda text: bool(EMAIL.fullmatch(text)),
        0.3,
    ),
    Kind(
        Bilingual("地址", "postal addresses"),
        _headers("地址,住址,收货地址,收件地址,联系地址,街道,address,street,postal address"),
        ("收货地址", "收件地址", "详细地址", "联系地址", "家庭住址", "shippingaddress", "receiveraddress"),
        lambda text: bool(ADDRESS.fullmatch(text)),
        0.5,
    ),
    Kind(
        Bilingual("姓名", "names"),
        _headers(
            "姓名,客户姓名,顾客姓名,会员姓名,用户姓名,买家姓名,真实姓名,收货人,收货人姓名,收件人,收件人姓名,"
            "联系人,联系人姓名,昵称,客户昵称,微信昵称,用户昵称,客户名称,会员名称,name,full name,customer name,"
            "member name,receiver,receiver name,consignee,nickname,real name,first name,last name,surname"
        ),
        (),
        _name,
        0.8,
    ),
    Kind(
        Bilingual("生日", "dates of birth"),
        _headers("生日,出生日期,出生年月,birthday,birth date,date of birth"),
        (),
        lambda text: False,
        1.0,
    ),
    Kind(
        Bilingual("消息内容", "message texts"),
        _headers(
            "聊天内容,消息内容,会话内容,留言,买家留言,买家备注,客户备注,message,message text,chat content,buyer message"
        ),
        (),
        lambda text: False,
        1.0,
    ),
)


def personal_columns(rows: pa.Table, *, columns: Sequence[str], table: str) -> dict[str, Bilingual]:
    """Return column -> kind for the columns of a customers' table that carry personal data."""
    if table not in CUSTOMER_TABLES:
        return {}
    step = max(rows.num_rows // SAMPLED, 1)
    sample = rows.take(pa.array(np.arange(0, rows.num_rows, step)[:SAMPLED])) if rows.num_rows else rows
    found = {}
    for column in columns:
        normal = normal_header(column)
        texts = [text.strip() for text in sample.column(column).to_pylist() if text and text.strip()]
        kind = next((kind for kind in KINDS if _is(kind, normal, texts)), None)
        if kind is not None:
            found[column] = kind.names
    return found


def _is(kind: Kind, header: str, texts: Sequence[str]) -> bool:
    if header in kind.headers or any(word in header for word in kind.inside):
        return True
    # A tier or a category may be a surname by chance; people's names differ from row to row.
    distinct = set(texts) if kind.looks is _name else None
    if len(texts) < FEWEST or (distinct is not None and len(distinct) < 20):
        return False
    return sum(map(kind.looks, texts)) >= kind.share * len(texts)
