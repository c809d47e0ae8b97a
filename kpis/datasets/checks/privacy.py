"""Columns that carry personal data of customers, recognised by header and by content. They are never kept.

What only resembles it is left alone: ids of eleven digits, order numbers of eighteen, names of staff and of stores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from kpis.datasets.checks.values import unescaped
from kpis.datasets.meaning.headers import normal_header
from omnichannel.core.text import Bilingual

# Tables whose rows are about customers, and those about the own people and stores; others are about the business.
CUSTOMER_TABLES = frozenset(
    {"customers", "orders", "order_lines", "order_touches", "contacts", "interactions", "surveys"}
)
OWN_TABLES = frozenset(
    {"employees", "role_assignments", "reviews", "training_records", "org_units", "seats", "reporting_lines"}
)
SAMPLED = 5_000
FEWEST = 3
# Rows from which it can be told whether numbers are spread as phone numbers are, and how many beginnings those have.
SPREAD_ROWS, SPREAD = 20, 8
DISTINCT_NAMES = 20
MOBILE = re.compile(r"(\+?(00)?86)?[- ]?1[3-9]\d[- ]?[\d*]{4}[- ]?\d{4}")
CITIZEN_ID = re.compile(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
MASKED_ID = re.compile(r"[1-9]\d{2,9}\*{4,12}[\dXx*]{2,4}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
ADDRESS = re.compile(r".*(省|市|自治区|区|县|镇).*(路|街|道|巷|村|小区|大厦|号|栋|单元|室).*\d.*", re.DOTALL)
CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
# What ends like this is a place, a shop or a department, whatever it begins with.
NO_NAME = tuple("店市区县路街镇村部组仓厅馆城场线号款色类级卡券")
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# Whose data a header says it is: a customer's, in any table; staff and places are no customers; codes are no phones.
CUSTOMER = (
    "客户|顾客|会员|用户|买家|收货人?|收件人?|下单人?|购买人|付款人|粉丝|消费者|"
    "buyer|receiver|recipient|customer|member|consignee|guest|shipping|billing"
)
SOMEBODY = f"{CUSTOMER}|联系人?|注册|绑定|本人|真实|家庭|微信|个人|user|client|contact|home|real|full"
STAFF = re.compile(
    r"导购|员工|店员|主播|客服|顾问|销售|经办|收银|跟进|添加人|负责人|店长|成员|业务员|服务人|讲师|审核|操作|制单|推荐官|staff|employee|guide|sales|anchor|agent|owner|manager|operator"
)
PLACE = re.compile(
    r"门店|店铺|仓库?|商家|卖家|品牌|公司|供应商|渠道|平台|发货|store|shop|warehouse|seller|merchant|vendor"
)
CODE = re.compile(r"单号|编号|编码|订单|流水|单据|货号|条码|批次|商品|sku|spu|order|code|number$|barcode|serial|id$")


class Reach(IntEnum):
    """In which tables a kind is refused: about customers, about the business too, about staff and stores as well."""

    CUSTOMERS = 1
    BUSINESS = 2
    ALL = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data: the headers that name it, the cells that look like it and what share must."""

    names: Bilingual
    header: re.Pattern[str]
    looks: Callable[[str], bool]
    share: float
    reach: Reach = Reach.CUSTOMERS


def _citizen_id(text: str) -> bool:
    """Return whether the check digit holds too: order numbers also have 18 digits."""
    if MASKED_ID.fullmatch(text):
        return len(text) in (15, 18)
    if not CITIZEN_ID.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _mobile(text: str) -> bool:
    return bool(MOBILE.fullmatch(text))


def _name(text: str) -> bool:
    masked = re.fullmatch(r"[\u4e00-\u9fff][*＊某]{1,3}|[*＊]{1,3}[\u4e00-\u9fff]", text)
    return bool(masked) or (bool(CHINESE_NAME.fullmatch(text)) and text[0] in SURNAMES and not text.endswith(NO_NAME))


def _never(text: str) -> bool:
    return False


def _header(pattern: str, *, bare: str = "") -> re.Pattern[str]:
    """Match a word for the data with or without whose it is; `bare` words count alone only."""
    alone = f"|{bare}" if bare else ""
    return re.compile(rf"(?:(?:{SOMEBODY})*(?:的)?(?:{pattern})\d?{alone})", re.IGNORECASE)


KINDS = (
    Kind(
        Bilingual("手机或电话号码", "phone numbers"),
        _header(
            "(?:手机|电话|联系|移动|固定|固话)(?:手机|电话)?(?:号码?|方式)?|座机|"
            "(?:cell|mobile|tele)?phone(?:no|number)?|mobile(?:no|number)?|tel|cell|contactnumber|whatsapp",
            bare="号码",
        ),
        _mobile,
        0.3,
        Reach.BUSINESS,
    ),
    Kind(
        Bilingual("身份证号", "identity card numbers"),
        _header(
            "身份证(?:号码?|件号)?|证件号码?|护照号?码?|(?:id|identity)card(?:no|number)?|identitynumber|idnumber|passport(?:no|number)?"
        ),
        _citizen_id,
        0.5,
        Reach.ALL,
    ),
    Kind(
        Bilingual("邮箱地址", "e-mail addresses"),
        _header("(?:电子)?(?:邮箱|邮件)(?:地址)?|e?mail(?:address)?"),
        lambda text: bool(EMAIL.fullmatch(text)),
        0.3,
    ),
    Kind(
        Bilingual("地址", "postal addresses"),
        _header("(?:详细|收货|收件|通讯|联系|街道)?(?:地址|住址)|街道|(?:street|postal|delivery)?address|street"),
        lambda text: bool(ADDRESS.fullmatch(text)),
        0.5,
    ),
    Kind(
        Bilingual("姓名", "names"),
        _header(
            "姓名|昵称|(?:nick|sur|first|last|given|family|screen)?name|qq号?码?|微信号|旺旺号?|支付宝账[号户]|收货人|收件人|联系人",
            bare="(?:客户|会员)名称|买家会员名|买家账号|receiver|consignee|recipient|wechatid",
        ),
        _name,
        0.8,
    ),
    Kind(
        Bilingual("生日", "dates of birth"),
        _header("生日|出生(?:日期|年月日?)|birthday|birthdate|dateofbirth|dob"),
        _never,
        1.0,
    ),
    Kind(
        Bilingual("消息内容", "message texts"),
        _header(
            "(?:聊天|消息|会话|留言|评论|反馈|咨询)(?:内容|记录|正文|原文)|留言|留言备注|message(?:text|content|body)?|chat(?:content|text|log)|comment(?:text|content)",
            bare="买家备注|客户备注|顾客备注|会员备注|客户描述",
        ),
        _never,
        1.0,
    ),
)


def kinds_of(table: str) -> tuple[Kind, ...]:
    """Return the kinds of personal data that are refused in a table."""
    reach = Reach.CUSTOMERS if table in CUSTOMER_TABLES else Reach.ALL if table in OWN_TABLES else Reach.BUSINESS
    return tuple(kind for kind in KINDS if kind.reach >= reach)


def personal_columns(rows: pa.Table, *, columns: Sequence[str], table: str) -> dict[str, Bilingual]:
    """Return column -> kind for the columns that carry personal data."""
    step = max(rows.num_rows // SAMPLED, 1)
    sample = rows.take(pa.array(np.arange(0, rows.num_rows, step)[:SAMPLED])) if rows.num_rows else rows
    found = {}
    for column in columns:
        texts = [unescaped(text.strip()) for text in sample.column(column).to_pylist() if text and text.strip()]
        kind = _kind(normal_header(column), texts, table=table)
        if kind is not None:
            found[column] = kind.names
    return found


def _kind(header: str, texts: Sequence[str], *, table: str) -> Kind | None:
    """Return what a column holds. A header that says it is a customer's holds in every table, one of staff in none."""
    whose = re.match(CUSTOMER, header) is not None
    if not whose and (STAFF.search(header) or PLACE.search(header)):
        return next((kind for kind in KINDS if kind.reach is Reach.ALL and _looks(kind, header, texts)), None)
    for kind in KINDS if whose else kinds_of(table):
        if (kind.header.fullmatch(header) and not _counts(texts)) or _looks(kind, header, texts):
            return kind
    return None


def _counts(texts: Sequence[str]) -> bool:
    """Return whether the cells are plain small numbers: visitors on mobile phones, not their numbers."""
    return bool(texts) and len(texts) >= FEWEST and all(re.fullmatch(r"[\d,.%]{1,6}", text) for text in texts)


def _looks(kind: Kind, header: str, texts: Sequence[str]) -> bool:
    hits = [text for text in texts if kind.looks(text)]
    # What is a customer's and has the form of a phone or card number is one, however few are sent at a time.
    certain = kind.looks in (_mobile, _citizen_id) and re.match(CUSTOMER, header) is not None
    fewest, least = (1, 1) if certain else (FEWEST, 2)
    if len(texts) < fewest or len(hits) < max(kind.share * len(texts), least):
        return False
    if kind.looks is _name:
        # A tier or a category may begin with a surname by chance; people's names differ from row to row.
        return len(set(texts)) >= DISTINCT_NAMES
    if kind.looks is _mobile and CODE.search(header) and not re.match(CUSTOMER, header):
        return _spread(hits)
    return True


def _spread(numbers: Sequence[str]) -> bool:
    """Return whether numbers begin in as many ways as phone numbers do; numbers given out in turn begin alike."""
    plain = [re.sub(r"\D", "", number)[-11:] for number in numbers]
    return len(plain) >= SPREAD_ROWS and len({number[:3] for number in plain}) >= SPREAD
