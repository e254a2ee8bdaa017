"""慢門相機維修, a camera repair shop in Hong Kong: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.shamshuipo_shutter.comments import COMMENTS
from config.demo.content.stores.shamshuipo_shutter.posts import POSTS

STORE = StoreContent(
    handle="shamshuipo_shutter",
    name="慢門相機維修",
    owner="賀志明",
    scene="cameras",
    category="electronics",
    language="zh-hant",
    city="香港",
    time_zone="Asia/Hong_Kong",
    about=(
        "深水埗鴨寮街後面唐樓一樓，修理機械相機、洗膠卷、翻新舊鏡頭。師傅做了四十一年，徒弟做了四年。不修數碼，"
        "但可以陪你難過。"
    ),
    products=(
        ProductContent("機械快門基本調校", "680", "HKD", "/service/shutter-tune"),
        ProductContent("鏡頭除霉清潔", "450", "HKD", "/service/lens-fungus"),
        ProductContent("測光表校準", "320", "HKD", "/service/meter"),
        ProductContent("換蒙皮 連皮料", "380", "HKD", "/service/leather"),
        ProductContent("翻新單反機身 六個月保養", "1880", "HKD", "/body/slr-refurbished"),
        ProductContent("翻新旁軸機 連皮套", "2480", "HKD", "/body/rangefinder"),
        ProductContent("黑白菲林 三十六張", "78", "HKD", "/film/bw-36"),
        ProductContent("彩色負片沖曬連掃描", "98", "HKD", "/lab/colour-scan"),
        ProductContent("防潮箱 二十公升", "560", "HKD", "/gear/dry-cabinet"),
        ProductContent("手縫相機繩 牛皮", "260", "HKD", "/gear/leather-strap"),
        ProductContent("海綿封條更換套裝", "120", "HKD", "/diy/light-seal"),
        ProductContent("暗房體驗 三小時", "520", "HKD", "/class/darkroom"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
