"""The live room that is open when the demo starts."""

from __future__ import annotations

from config.demo.content.shapes import LiveContent, QuestionContent

LIVE = LiveContent(
    store="sanhao_kiln",
    title="开窑直播：第十七窑，好的坏的一起看",
    scene="ceramics",
    questions=(
        QuestionContent(
            text="麻雀碗在哪一层？等了一个星期就为了它。",
            answer="最上面一层靠左，第一个拿出来。三个爪印都在，釉积在里面，成了三朵小青花。",
        ),
        QuestionContent(
            text="深口饭碗的圈足真的加高了吗？家里老人手抖，想先确认。",
            answer="加高了三毫米，涂师傅刚用手试过，说端着稳，碗壁也不烫。",
        ),
        QuestionContent(
            text="這批試新釉的杯子可以寄台灣嗎？運費怎麼算？",
            answer="可以，两只以内运费三十八元，包装按摔十次的标准来。",
        ),
        QuestionContent(
            text="How do you know when it is cool enough to open?",
            answer=(
                "Under 120 °C at the door, and we wait until the shelves stop ticking. Listen: that sound is the "
                "glaze settling."
            ),
        ),
        QuestionContent(
            text="碎了的那几只会怎么处理？舍得扔吗？",
            answer="磨成粉，掺回下一窑的坯土里，叫熟料，不浪费。",
        ),
        QuestionContent(
            text="请问涂师傅今天理发了吗？看不清。",
        ),
        QuestionContent(
            text="新釉的颜色是灰还是绿？手机上看像雨天。",
        ),
        QuestionContent(
            text="盘子什么时候轮到？灰釉深盘还差一只凑成四只。",
        ),
    ),
)
