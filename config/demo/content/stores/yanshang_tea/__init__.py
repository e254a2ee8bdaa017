"""岩上茶舍, a tea house in Wuyishan: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.yanshang_tea.comments import COMMENTS
from config.demo.content.stores.yanshang_tea.posts import POSTS

STORE = StoreContent(
    handle="yanshang_tea",
    name="岩上茶舍",
    owner="吴小满",
    scene="tea",
    category="drinks",
    language="zh-hans",
    city="武夷山",
    time_zone="Asia/Shanghai",
    about=(
        "天心村半山的一间小茶厂，父亲做青焙火，女儿看店写字。只做武夷岩茶，一年一季，卖完就等明年。不懂茶没关系，"
        "先喝小样再说。"
    ),
    products=(
        ProductContent("三坑两涧肉桂 50克", "268.00", "CNY", "/tea/rougui"),
        ProductContent("慧苑坑老枞水仙 50克", "328.00", "CNY", "/tea/laocong-shuixian"),
        ProductContent("口粮水仙 250克", "138.00", "CNY", "/tea/daily-shuixian"),
        ProductContent("奇兰 100克", "98.00", "CNY", "/tea/qilan"),
        ProductContent("大红袍（拼配）100克", "118.00", "CNY", "/tea/dahongpao"),
        ProductContent("铁罗汉 50克", "198.00", "CNY", "/tea/tieluohan"),
        ProductContent("白鸡冠 50克", "188.00", "CNY", "/tea/baijiguan"),
        ProductContent("岩茶小样五泡装", "45.00", "CNY", "/tea/sampler"),
        ProductContent("薄胎白瓷盖碗 110毫升", "86.00", "CNY", "/ware/gaiwan-110"),
        ProductContent("手编竹茶则", "32.00", "CNY", "/ware/bamboo-scoop"),
        ProductContent("炭焙茶梗枕芯", "75.00", "CNY", "/home/tea-pillow"),
        ProductContent("陈年水仙 存放八年 50克", "218.00", "CNY", "/tea/aged-shuixian"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
