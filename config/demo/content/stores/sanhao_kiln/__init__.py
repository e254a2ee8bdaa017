"""三号窑, a ceramics studio in Jingdezhen: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.sanhao_kiln.comments import COMMENTS
from config.demo.content.stores.sanhao_kiln.posts import POSTS

STORE = StoreContent(
    handle="sanhao_kiln",
    name="三号窑",
    owner="田雨",
    scene="ceramics",
    category="home",
    language="zh-hans",
    city="景德镇",
    time_zone="Asia/Shanghai",
    about=(
        "老瓷厂里一间不到百平的工作室，三个人，一台电窑、一台气窑，偶尔搭别人的柴窑。做每天吃饭喝水用的东西，"
        "不做摆着看的。"
    ),
    products=(
        ProductContent("青白釉饭碗 四寸半", "68.00", "CNY", "/bowl/rice-qingbai"),
        ProductContent("灰釉深盘 八寸", "128.00", "CNY", "/plate/deep-ash"),
        ProductContent("铁斑马克杯", "98.00", "CNY", "/cup/mug-iron"),
        ProductContent("手拉坯公道杯", "158.00", "CNY", "/tea/pitcher"),
        ProductContent("柴烧小茶碗", "260.00", "CNY", "/tea/woodfired-bowl"),
        ProductContent("青花鱼纹碟 五寸", "76.00", "CNY", "/plate/fish-blue"),
        ProductContent("黑釉花器 矮口", "220.00", "CNY", "/vase/black-low"),
        ProductContent("一家三口汤勺", "54.00", "CNY", "/spoon/family-set"),
        ProductContent("月白油碟 四只装", "88.00", "CNY", "/plate/sauce-moon"),
        ProductContent("歪歪福袋 二级品", "59.00", "CNY", "/seconds/lucky-bag"),
        ProductContent("宠物食盆 加重款", "115.00", "CNY", "/pet/heavy-bowl"),
        ProductContent("体验课 拉坯两小时", "168.00", "CNY", "/class/wheel-two-hours"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
