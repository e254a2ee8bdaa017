"""老周面馆, a noodle shop in Suzhou: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.laozhou_noodles.comments import COMMENTS
from config.demo.content.stores.laozhou_noodles.posts import POSTS

STORE = StoreContent(
    handle="laozhou_noodles",
    name="老周面馆",
    owner="周建国",
    scene="noodles",
    category="food",
    language="zh-hans",
    city="苏州",
    time_zone="Asia/Shanghai",
    about=(
        "平江路往东走三条巷子，十一张桌子，早上五点半开门，面汤卖光就关。"
        "网上能买到的是我们自己家也在吃的浇头和半干面。店里不接受“随便”。"
    ),
    products=(
        ProductContent("半干细面 六人份", "32.00", "CNY", "/noodle/fresh-thin"),
        ProductContent("焖肉浇头 两块装", "46.00", "CNY", "/topping/braised-pork"),
        ProductContent("爆鱼浇头 300克", "52.00", "CNY", "/topping/fried-fish"),
        ProductContent("红汤底料 四包", "28.00", "CNY", "/broth/red"),
        ProductContent("白汤底料 四包", "30.00", "CNY", "/broth/white"),
        ProductContent("秃黄油 120克", "268.00", "CNY", "/topping/crab-roe"),
        ProductContent("葱油 200克", "24.00", "CNY", "/sauce/scallion-oil"),
        ProductContent("三虾浇头 季节限定", "158.00", "CNY", "/topping/three-shrimp"),
        ProductContent("糟卤 500毫升", "22.00", "CNY", "/sauce/wine-lees"),
        ProductContent("雪菜冬笋浇头 250克", "36.00", "CNY", "/topping/bamboo-greens"),
        ProductContent("面馆同款蓝边碗", "38.00", "CNY", "/ware/blue-rim-bowl"),
        ProductContent("枫镇大肉面礼盒 两人份", "88.00", "CNY", "/box/fengzhen"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
