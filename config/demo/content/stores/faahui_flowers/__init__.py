"""花墟轉角, a florist in Hong Kong: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.faahui_flowers.comments import COMMENTS
from config.demo.content.stores.faahui_flowers.posts import POSTS

STORE = StoreContent(
    handle="faahui_flowers",
    name="花墟轉角",
    owner="鄧凱晴",
    scene="flowers",
    category="plants",
    language="zh-hant",
    city="香港",
    time_zone="Asia/Hong_Kong",
    about=(
        "太子花墟道尾一個六十呎舖位，媽媽賣了三十年切花，女兒負責包紮同送貨。每日清晨四點半返貨，"
        "賣剩的下午五點半價，唔會留過夜。"
    ),
    products=(
        ProductContent("今日花束 店主話事", "188", "HKD", "/bouquet/todays"),
        ProductContent("一枝花 每日單枝訂", "38", "HKD", "/stem/single"),
        ProductContent("劍蘭 十枝", "98", "HKD", "/cut/gladiolus"),
        ProductContent("白百合 五枝 三頭", "128", "HKD", "/cut/lily-white"),
        ProductContent("乾花小扎", "88", "HKD", "/dry/small-bunch"),
        ProductContent("畢業花束 連公仔", "368", "HKD", "/bouquet/graduation"),
        ProductContent("新娘手花 預約", "1480", "HKD", "/wedding/bridal"),
        ProductContent("拜山花一對", "76", "HKD", "/cut/ching-ming-pair"),
        ProductContent("每週花 四星期", "680", "HKD", "/sub/weekly-four"),
        ProductContent("牡丹芍藥 季節花 三枝", "210", "HKD", "/cut/peony-three"),
        ProductContent("玻璃花樽 直身", "118", "HKD", "/ware/vase-straight"),
        ProductContent("插花班 兩小時", "480", "HKD", "/class/arrange"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
