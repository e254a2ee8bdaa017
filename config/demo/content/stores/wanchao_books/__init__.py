"""晚潮書店, a bookshop in Tamsui: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.wanchao_books.comments import COMMENTS
from config.demo.content.stores.wanchao_books.posts import POSTS

STORE = StoreContent(
    handle="wanchao_books",
    name="晚潮書店",
    owner="沈未晚",
    scene="books",
    category="books",
    language="zh-hant",
    city="淡水",
    time_zone="Asia/Taipei",
    about=(
        "淡水河邊二樓的獨立書店，看得到觀音山，也看得到對面在曬的棉被。賣新書、二手書和自己印的小誌，"
        "晚上八點後可以只坐不買。"
    ),
    products=(
        ProductContent("《退潮時刻表》店主散文小誌", "180", "TWD", "/zine/tide-table"),
        ProductContent("神祕書包 依心情選三本二手書", "399", "TWD", "/bag/mystery"),
        ProductContent("海與島 主題選書三冊", "1080", "TWD", "/set/sea-islands"),
        ProductContent("手工線裝空白筆記本", "320", "TWD", "/paper/stitched-notebook"),
        ProductContent("觀音山藏書票 六款一組", "150", "TWD", "/paper/bookplates"),
        ProductContent("詩集盲選 一本", "280", "TWD", "/blind/poetry"),
        ProductContent("書店帆布袋 潮水藍", "450", "TWD", "/goods/tote-blue"),
        ProductContent("繪本兩冊 適合三到六歲", "640", "TWD", "/set/picture-books"),
        ProductContent("台灣老地圖復刻 淡水河口", "380", "TWD", "/map/tamsui-mouth"),
        ProductContent("深夜讀書會 單次入場", "250", "TWD", "/event/night-reading"),
        ProductContent("黃銅書籤 燈塔", "220", "TWD", "/goods/lighthouse-mark"),
        ProductContent("一年十二本 每月寄書", "5200", "TWD", "/sub/monthly"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
