"""The live room that is open when the demo starts, the one before it, and the next."""

from __future__ import annotations

from config.demo.content.shapes import LiveContent, QuestionContent

LIVE = LiveContent(
    store="sanhao_kiln",
    title="开窑直播：第十七窑，好的坏的一起看",
    scene="ceramics",
    table=(0, 2, 3),
    shown=0,
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

PAST = LiveContent(
    store=LIVE.store,
    title="釉料答疑：灰釉、青釉，还有那一窑发黄的",
    scene="ceramics",
    table=(2, 3),
    questions=(
        QuestionContent(
            text="灰釉的碗能放洗碗机吗？",
            answer="能，釉面烧到一千二百八十度，不怕。但别和铁锅挤在一起，磕口。",
        ),
        QuestionContent(
            text="上一窑为什么发黄？我收到的那只偏黄，其实挺喜欢。",
            answer="降温时进了风，釉里的铁氧化了。再烧一次也烧不出来，喜欢就留着，是那一窑才有的颜色。",
        ),
        QuestionContent(
            text="青釉開片會滲茶色嗎？用久了會不會髒？",
            answer="会渗，越用越深，我们叫养。煮一次淡盐水，能退回去八成。",
        ),
        QuestionContent(
            text="Is the ash from your own stove?",
            answer="From the neighbour's orchard: pear wood, burnt in winter, washed three times before it goes in.",
        ),
        QuestionContent(text="下次能不能讲讲怎么修口？"),
    ),
)

NEXT = LiveContent(
    store=LIVE.store,
    title="第十八窑装窑：看一只碗怎么找到它的位置",
    scene="ceramics",
    table=(0,),
)
