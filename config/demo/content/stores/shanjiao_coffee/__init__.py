"""山腳烘豆所, a coffee roaster in Taichung: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.shanjiao_coffee.comments import COMMENTS
from config.demo.content.stores.shanjiao_coffee.posts import POSTS

STORE = StoreContent(
    handle="shanjiao_coffee",
    name="山腳烘豆所",
    owner="廖士豪",
    scene="coffee",
    category="drinks",
    language="zh-hant",
    city="台中",
    time_zone="Asia/Taipei",
    about=(
        "大坑山腳下的鐵皮屋，一台十五公斤的老烘豆機，兩個人，週二週五烘豆。只標我們真的喝得出來的風味，"
        "喝不出來就寫「好喝」。"
    ),
    products=(
        ProductContent("大坑早晨 配方豆 半磅", "320", "TWD", "/beans/morning-blend"),
        ProductContent("衣索比亞 水洗 古吉 半磅", "420", "TWD", "/beans/guji-washed"),
        ProductContent("瓜地馬拉 薇薇特南果 半磅", "390", "TWD", "/beans/huehue"),
        ProductContent("阿里山 樂野 日曬 四分之一磅", "680", "TWD", "/beans/alishan-natural"),
        ProductContent("深焙曼特寧 半磅", "350", "TWD", "/beans/mandheling-dark"),
        ProductContent("低因 哥倫比亞 半磅", "430", "TWD", "/beans/decaf-colombia"),
        ProductContent("濾掛咖啡 綜合十入", "360", "TWD", "/drip/mix-ten"),
        ProductContent("冷萃包 四入", "280", "TWD", "/cold/bag-four"),
        ProductContent("手沖細口壺 600毫升", "1280", "TWD", "/gear/kettle-600"),
        ProductContent("錐形濾杯 白瓷", "580", "TWD", "/gear/cone-dripper"),
        ProductContent("咖啡渣肥皂 兩塊", "180", "TWD", "/home/grounds-soap"),
        ProductContent("半日烘豆體驗 一人", "1500", "TWD", "/class/roast-half-day"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
