"""What buyers write to Saltmarsh Knits, a knitwear shop in Galway, and what it answers."""

from __future__ import annotations

from config.demo.content.shapes import CommentContent

COMMENTS = (
    CommentContent(
        post=0,
        text='"A clean sheep at a wedding" is a perfume I would buy.',
    ),
    CommentContent(
        post=0,
        text="Will there be undyed Galway in skeins? I have been waiting since the spring.",
        reply="Two hundred skeins, once it is spun. You are first on the list, I wrote it on the wall.",
    ),
    CommentContent(
        post=1,
        days_later=2,
        text="My hat blew off at Salthill and a man on a bicycle brought it back and admired the decreases.",
    ),
    CommentContent(
        post=2,
        text="And here I was being proud of myself since Tuesday.",
    ),
    CommentContent(
        post=3,
        by="ingrid.solheim",
        text=(
            "Mine says Mrs Faherty did the cuffs. I wrote to her. She answered, in biro, mostly about the weather "
            "and a bit about love."
        ),
        reply="She has your letter on the dresser, between the Pope and the electricity bill.",
    ),
    CommentContent(
        post=3,
        text="I was all right until the cemetery.",
    ),
    CommentContent(
        post=3,
        text="Do you write down who did the sewing up as well? That is the hardest part.",
        reply="That is me, and I leave no trace, which is the whole art of it.",
    ),
    CommentContent(
        post=4,
        text="Third child in the same gansey. It has been in four rock pools and one slurry pit.",
    ),
    CommentContent(
        post=4,
        text="The let-down hem is genius. Wish I came with one.",
    ),
    CommentContent(
        post=5,
        text="Let Oisín go, it would make a mighty photograph.",
    ),
    CommentContent(
        post=6,
        text="The rhythm of it! My grandfather worked one of these in Foxford.",
    ),
    CommentContent(
        post=6,
        text="How many needles break in a week on a machine that old?",
        reply="Three or four. We have a biscuit tin of spares, and when that is empty we will learn blacksmithing.",
    ),
    CommentContent(
        post=7,
        days_later=5,
        text="Darned my first hole. It looks like a wee window and I am proud of it.",
    ),
    CommentContent(
        post=8,
        days_later=3,
        text="I was beside him. He put it on before he left and wore it out into the rain.",
    ),
    CommentContent(
        post=8,
        text="Is it all right to bring something machine-made? It is only a high street cardigan but I love it.",
        reply="Love is the entry requirement. See you Sunday.",
    ),
    CommentContent(
        post=9,
        days_later=6,
        text="Found the purple on night three. Felt chosen.",
    ),
    CommentContent(
        post=9,
        days_later=6,
        text="The dog has claimed it. We are allowed a corner.",
    ),
    CommentContent(
        post=10,
        text="Get well soon, Mrs Faherty. The jumpers will wait and so will we.",
    ),
    CommentContent(
        post=11,
        text="Wash eleven, and I can confirm that it has started to be mine.",
    ),
    CommentContent(
        post=11,
        text="Finally somebody says it is physics. My mother always said it was character.",
        reply="She was right as well.",
    ),
    CommentContent(
        post=12,
        days_later=5,
        text="Rang Bríd about row 14. We talked for fifty minutes. Row 14 is still wrong but I know about her hip.",
    ),
    CommentContent(
        post=12,
        days_later=8,
        text="First thing I ever knitted. It is a cowl if you squint.",
    ),
    CommentContent(
        post=13,
        by="ben.achterberg",
        text="195 cm here. Eight on the body, six on the sleeve, and you will have my loyalty until death.",
        reply="Eight and six is winning so far. Thank you for measuring.",
    ),
    CommentContent(
        post=13,
        text="Ten. I have spent my life with cold kidneys.",
    ),
    CommentContent(
        post=13,
        text="Opposite request, if I may: 150 cm, and I am drowning in here.",
    ),
    CommentContent(
        post=14,
        days_later=4,
        text="My bit was forty centimetres. Whoever you are, thank you, generous knitter.",
    ),
    CommentContent(
        post=15,
        days_later=5,
        text="I am wearing buttons older than the pyramids to the supermarket.",
    ),
    CommentContent(
        post=15,
        text="Can you sew the oak ones onto the cardigan I bought last year?",
        reply="Send it up. We will do it for the postage.",
    ),
    CommentContent(
        post=16,
        text="Does the cat come in a large?",
    ),
    CommentContent(
        post=17,
        days_later=3,
        text="The vet here. Cows approve. They are the only warm hands in the parish.",
    ),
    CommentContent(
        post=17,
        days_later=4,
        by="niamh.doherty",
        text="Fiddle player. I can do everything but pizzicato in these.",
    ),
    CommentContent(
        post=18,
        text="The lichen line made me put mine back on the wall.",
    ),
    CommentContent(
        post=18,
        text="What holds the nettle colour? Mine washed out to dishwater.",
        reply="A spoon of alum first, an hour, not boiling. Then be patient and leave it overnight in the pot.",
    ),
    CommentContent(
        post=18,
        text="The chipper must wonder about ye.",
    ),
    CommentContent(
        post=19,
        days_later=4,
        text="One of mine is much louder than the other. Family resemblance is strong.",
    ),
    CommentContent(
        post=20,
        text="I am Leeds. I will do better.",
        reply="She has forgiven you. She has also kept it.",
    ),
    CommentContent(
        post=21,
        days_later=2,
        text="Learned Swiss darning and a word in Irish. Only one of them can be used at Mass.",
    ),
    CommentContent(
        post=21,
        days_later=3,
        text="Paused it forty times and fixed my da's elbow. He did not notice, which is the highest praise.",
    ),
    CommentContent(
        post=22,
        days_later=3,
        text="It is mine. You sent it home better than whole. I could see where each of you had been.",
    ),
    CommentContent(
        post=23,
        text="The drowning lady is grateful and will be at the front of the queue, underneath everyone.",
    ),
    CommentContent(
        post=24,
        days_later=1,
        text="Posted four. One is a trapezium. It has a lot of heart.",
        reply="The trapezium goes in the middle where it will be minded.",
    ),
    CommentContent(
        post=24,
        text="My nan is in a hospice in Sligo under a blanket like that. I am casting on tonight.",
    ),
    CommentContent(
        text="The jumper came wrapped in newspaper with a sprig of something that smelled like the whole west coast.",
    ),
    CommentContent(
        text="Is the yarn suitable for felting? Want to make slippers for six stubborn people.",
        reply=(
            "The undyed Galway felts lovely. Knit them a third too big and wash them hot, then apologise to the "
            "machine."
        ),
    ),
    CommentContent(
        text="Ordered on a Monday in Vienna, wore it on the Friday, got asked about it twice on the tram.",
    ),
    CommentContent(
        text="You replaced a button I lost myself, for nothing. I have told everybody.",
    ),
)
