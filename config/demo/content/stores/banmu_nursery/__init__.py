"""半亩苗圃, a plant nursery in Kunming: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.banmu_nursery.comments import COMMENTS
from config.demo.content.stores.banmu_nursery.posts import POSTS

STORE = StoreContent(
    handle="banmu_nursery",
    name="半亩苗圃",
    owner="段晓棠",
    scene="plants",
    category="plants",
    language="zh-hans",
    city="昆明",
    time_zone="Asia/Shanghai",
    about=(
        "滇池边三个大棚，其实有四亩，当初起名的时候只有半亩。种蕨、秋海棠、多肉和一些没人要的小树。包活三十天，"
        "死了发照片，我们一起找凶手。"
    ),
    products=(
        ProductContent("铁线蕨 12厘米盆", "26.00", "CNY", "/fern/maidenhead"),
        ProductContent("蟆叶秋海棠 随机花色", "35.00", "CNY", "/begonia/rex"),
        ProductContent("老桩多肉 三头以上", "48.00", "CNY", "/succulent/old-stem"),
        ProductContent("多肉小苗 十二格拼盘", "39.00", "CNY", "/succulent/tray"),
        ProductContent("蓝雪花 两加仑", "58.00", "CNY", "/shrub/plumbago"),
        ProductContent("滇丁香 半米苗", "75.00", "CNY", "/shrub/luculia"),
        ProductContent("鹿角蕨 上板", "128.00", "CNY", "/fern/staghorn"),
        ProductContent("通用配方土 10升", "29.90", "CNY", "/soil/general"),
        ProductContent("雨林缸小苗包", "66.00", "CNY", "/pack/terrarium"),
        ProductContent("红陶盆 带底碟", "22.00", "CNY", "/pot/terracotta"),
        ProductContent("冬播花籽 云南野花混合", "18.00", "CNY", "/seed/wildflower"),
        ProductContent("换盆急救服务 同城", "80.00", "CNY", "/service/repot"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
