"""Exports of media: advertising, traffic and content."""

from __future__ import annotations

from decimal import Decimal

from tests.kpis.shapes.others import day
from tests.kpis.shapes.shape import Shape, col

TENCENT_API = Shape(
    "tencent-api",
    "ad_spend",
    (
        col("date", "date", day),
        col("account_id", "", "20001"),
        col("campaign_id", "campaign_id", lambda row: f"9{row:05d}"),
        col("adgroup_id", "", lambda row: f"8{row:05d}"),
        col("view_count", "impressions", lambda row: 10_000 + row),
        col("valid_click_count", "clicks", lambda row: 100 + row),
        col("cost", "cost", lambda row: 123_456 + row),
        col("ctr", "", "0.01"),
        col("conversions_count", "", 5),
    ),
    constants={"platform": "tencent_ads"},
    first={"cost": Decimal("1234.56")},
    preset="tencent-ads-api",
)

TENCENT_CONSOLE = Shape(
    "tencent-console",
    "ad_spend",
    (
        col("日期", "date", day),
        col("账户ID", "", "20001"),
        col("推广计划ID", "campaign_id", lambda row: f"9{row:05d}"),
        col("推广计划名称", "", "618 预热"),
        col("曝光次数", "impressions", lambda row: 10_000 + row),
        col("点击次数", "clicks", lambda row: 100 + row),
        col("点击率", "", "1.00%"),
        col("花费(元)", "cost", "1,234.56"),
        col("目标转化量", "", 12),
        col("目标转化成本", "", "102.88"),
        col("下单ROI", "", "3.2"),
        col("下单金额(元)", "attributed_revenue", "3950.59"),
    ),
    constants={"platform": "tencent_ads"},
    first={"cost": Decimal("1234.56"), "attributed_revenue": Decimal("3950.59")},
    preset="tencent-ads",
)

OCEAN = Shape(
    "ocean-engine",
    "ad_spend",
    (
        col("时间-天", "date", day),
        col("账户ID", "", "30001"),
        col("项目ID", "campaign_id", lambda row: f"7{row:05d}"),
        col("项目名称", "", "夏季"),
        col("消耗", "cost", lambda row: f"{500 + row}.25"),
        col("展示数", "impressions", lambda row: 9_000 + row),
        col("平均千次展现费用", "", "55.3"),
        col("点击数", "clicks", lambda row: 90 + row),
        col("平均点击单价", "", "5.5"),
        col("转化数", "", 8),
        col("转化成本", "", "62.5"),
    ),
    constants={"platform": "ocean_engine"},
    first={"cost": Decimal("500.25")},
    preset="ocean-engine",
)

MINI_API = Shape(
    "mini-program-api",
    "visits",
    (
        col("ref_date", "date", lambda row: f"2024{row // 28 + 1:02d}{row % 28 + 1:02d}"),
        col("session_cnt", "visits", lambda row: 900 + row),
        col("visit_pv", "", lambda row: 4_000 + row),
        col("visit_uv", "visitors", lambda row: 500 + row),
        col("visit_uv_new", "new_visitors", lambda row: 50 + row),
        col("stay_time_uv", "", "85.2"),
        col("visit_depth", "", "3.1"),
    ),
    constants={"channel": "private_mall", "platform": "wechat_mini_program"},
    preset="mini-program-visits",
)

MINI_CONSOLE = Shape(
    "mini-program-console",
    "visits",
    (
        col("时间", "date", lambda row: f"2024年{row // 28 + 1}月{row % 28 + 1}日"),
        col("打开次数", "visits", lambda row: 900 + row),
        col("访问次数", "", lambda row: 4_000 + row),
        col("访问人数", "visitors", lambda row: 500 + row),
        col("新用户数", "new_visitors", 50),
        col("人均停留时长(秒)", "", "85.2"),
        col("累计用户数", "", 100_000),
    ),
    constants={"channel": "private_mall", "platform": "wechat_mini_program"},
    preset="mini-program-visits-console",
)

SYCM = Shape(
    "sycm",
    "visits",
    (
        col("统计日期", "date", lambda row: f"2024-{row // 28 + 1:02d}-{row % 28 + 1:02d}"),
        col("访客数", "visitors", lambda row: f"{5 + row},300"),
        col("浏览量", "", "15,200"),
        col("支付金额", "", "88,000.00"),
        col("支付买家数", "", "200"),
        col("支付转化率", "", "3.77%"),
        col("客单价", "", "440.00"),
        col("新访客数", "new_visitors", "1,100"),
        col("老访客数", "", "4,200"),
    ),
    constants={"channel": "public_platform", "platform": "tmall"},
    first={"visitors": 5300},
    titles=("生意参谋-流量看板", "统计周期：日"),
    preset="sycm-visits",
)

FOOTFALL = Shape(
    "footfall",
    "visits",
    (
        col("客流日期", "date", day),
        col("门店编号", "unit_id", lambda row: f"S01{row:02d}"),
        col("门店名称", "", "静安店"),
        col("进店人数", "visitors", lambda row: 300 + row),
        col("过店人数", "", lambda row: 3_000 + row),
    ),
    answers={"table": "visits", "channel": "store"},
)

CHANNELS = Shape(
    "channels",
    "content_stats",
    (
        col("视频描述", "", "新品上市"),
        col("视频ID", "content_id", lambda row: f"export/UzFf{row:05d}"),
        col("发布时间", "date", lambda row: f"2024/06/{row % 28 + 1:02d}"),
        col("完播率", "", "22.3%"),
        col("平均播放时长", "", "8.5"),
        col("播放量", "views", lambda row: 3_000 + row),
        col("推荐", "", 31),
        col("喜欢", "likes", 120),
        col("评论量", "comments", 35),
        col("分享量", "shares", 28),
        col("关注量", "", 7),
    ),
    constants={"is_ugc": "false"},
    answers={"channel": "private_mall", "tier": "basic", "saves": "0"},
    preset="channels-videos",
)

ARTICLES = Shape(
    "oa-articles",
    "content_stats",
    (
        col("内容标题", "", "夏季新品"),
        col("发表时间", "date", lambda row: f"202406{row % 28 + 1:02d}"),
        col("总阅读人数", "", 900),
        col("总阅读次数", "views", lambda row: 1_000 + row),
        col("总分享人数", "", 20),
        col("总分享次数", "shares", 28),
        col("阅读后关注人数", "", 7),
        col("微信收藏次数", "saves", 17),
        col("送达人数", "", 20_000),
        col("内容url", "content_id", lambda row: f"https://example.com/s/{row}"),
    ),
    constants={"is_ugc": "false"},
    answers={"channel": "private_mall", "tier": "basic", "likes": "0", "comments": "0"},
    preset="official-account-articles",
)

NOTES = Shape(
    "xiaohongshu",
    "content_stats",
    (
        col("笔记标题", "content_id", lambda row: f"穿搭 {row}"),
        col("首次发布时间", "date content_id", lambda row: f"2024年06月{row % 28 + 1:02d}日18时05分30秒"),
        col("体裁", "", "图文"),
        col("曝光", "", 52_000),
        col("观看量", "views", "1.2万"),
        col("封面点击率", "", "12.1%"),
        col("点赞", "likes", 120),
        col("评论", "comments", 35),
        col("收藏", "saves", 17),
        col("涨粉", "", 5),
        col("分享", "shares", 28),
    ),
    constants={"is_ugc": "false"},
    answers={"channel": "public_platform", "tier": "basic"},
    first={"views": 12_000},
    titles=("最多导出排序后前1000条笔记",),
    preset="xiaohongshu-notes",
)

SHAPES = (
    TENCENT_API,
    TENCENT_CONSOLE,
    OCEAN,
    MINI_API,
    MINI_CONSOLE,
    SYCM,
    FOOTFALL,
    CHANNELS,
    ARTICLES,
    NOTES,
)
