"""What buyers write to Half Past Four Bakery, a bakery in Bristol, and what it answers."""

from __future__ import annotations

from config.demo.content.shapes import CommentContent

COMMENTS = (
    CommentContent(
        post=0,
        text="Stood outside at eight like a fool, then read this, then came back at nine. Worth both trips.",
    ),
    CommentContent(
        post=0,
        text="Does the longer proof change the taste? Mine seemed tangier.",
        reply="It does, a touch. Cold nights make sour loaves. By March they are sweet again.",
    ),
    CommentContent(
        post=1,
        text="The lodger is mine. Pays no rent, needs feeding twice a day, smells of apples.",
    ),
    CommentContent(
        post=1,
        text="Ours is called Barry because he rises late.",
    ),
    CommentContent(
        post=2,
        text="I paid for two today because I think it might have been my dad.",
    ),
    CommentContent(
        post=3,
        text="I teach Year 5 and I am stealing this loaf diagram for fractions.",
        reply="Come and get a real one on Monday. We will slice it into eighths for you.",
    ),
    CommentContent(
        post=3,
        text="Never thought about the hands being the biggest part. Thank you for writing it down.",
    ),
    CommentContent(
        post=3,
        text=(
            "40p left over and you gave my son a bun for reading the sign out loud. I do not think you are good at "
            "this and I love you."
        ),
    ),
    CommentContent(
        post=4,
        text="Asked to hold one just in case. Was told no. Respect.",
    ),
    CommentContent(
        post=4,
        days_later=1,
        text="Twelve minutes down the hill, nineteen back up with the box. The buns cancel out.",
    ),
    CommentContent(
        post=5,
        text="Good luck Gareth. The whole hill is counting on you.",
    ),
    CommentContent(
        post=5,
        text="I liked the Weston side actually. Pale crust, easy on the teeth.",
        reply="Noted. We will keep one loaf a day shy of the heat for you.",
    ),
    CommentContent(
        post=6,
        text="The sound of the scraper. I could fall asleep to this, in a good way.",
    ),
    CommentContent(
        post=6,
        text="How does she get it that tight without tearing? Mine looks like a map of Norway.",
        reply="She says: less flour on the bench, more courage.",
    ),
    CommentContent(
        post=7,
        days_later=2,
        text="Ribollita made. The ducks got nothing. They looked at me.",
    ),
    CommentContent(
        post=8,
        text="I am the brick. Fame at last.",
    ),
    CommentContent(
        post=8,
        text="Mine has a cave in the roof you could keep a hamster in. See you Saturday.",
        reply="That is a shaping cave. Bring it and do not bring a hamster.",
    ),
    CommentContent(
        post=8,
        text="Came last time with a disc, left with a method. Last week's loaf stood up on its own.",
    ),
    CommentContent(
        post=9,
        days_later=1,
        text="The end of a Malteser is exactly it. I ate half standing at the sink.",
    ),
    CommentContent(
        post=10,
        by="eleanor.pryce",
        text='"Thereafter structural" should be on the label.',
    ),
    CommentContent(
        post=11,
        days_later=3,
        text="Wrote to you on Monday. I withdraw everything I said.",
    ),
    CommentContent(
        post=11,
        text="My oma did the same with the bread box! Hers was under the bed with the good shoes.",
    ),
    CommentContent(
        post=11,
        text="Does it freeze well once sliced? Living alone, a whole tin is a commitment.",
        reply="Beautifully. Slice on day three, freeze flat, toast twice.",
    ),
    CommentContent(
        post=12,
        text="Callum arrived with my loaf and then put my bins out. Please pay him properly.",
        reply="He has been promoted to Head of Bins.",
    ),
    CommentContent(
        post=13,
        text="Took three. One for me, one for Mum, one to hide from both of us.",
    ),
    CommentContent(
        post=14,
        text=(
            "Arthritis in both thumbs. I buy sliced supermarket bread because of it and I resent every slice. Yes "
            "please."
        ),
        reply="That is the sort of answer we needed. Thank you.",
    ),
    CommentContent(
        post=14,
        text="I vote no for me, but yes for my neighbour, and hers counts double.",
    ),
    CommentContent(
        post=14,
        text="Please, but only before ten so it is quiet when I come for coffee.",
    ),
    CommentContent(
        post=15,
        days_later=3,
        text="Marta felt like plum twists and now so do I, permanently.",
    ),
    CommentContent(
        post=16,
        text="I quite like a dark crust. How dark are we talking?",
        reply="You could draw with them.",
    ),
    CommentContent(
        post=16,
        text="Go to bed. We will all survive on crumpets.",
    ),
    CommentContent(
        post=17,
        days_later=4,
        text="Mine is clearly from somebody's conservatory and I adore it.",
    ),
    CommentContent(
        post=18,
        text="I am the customer from Fife. It is still going up here, and so is the card you sent back.",
        reply="You saved the shop. There is a loaf with your name on it whenever you pass.",
    ),
    CommentContent(
        post=18,
        text="Revived mine after five months behind the mustard. It took three days and an apology.",
    ),
    CommentContent(
        post=19,
        days_later=3,
        text="Potato and optimism was the best of the three.",
    ),
    CommentContent(
        post=20,
        days_later=1,
        text="I pressed the button this morning. I may have cried into the rye.",
        reply="It was an honour. You press with great authority.",
    ),
    CommentContent(
        post=20,
        text="This is why I climb the hill.",
    ),
    CommentContent(
        post=21,
        text="Her left thumb is not of this world.",
    ),
    CommentContent(
        post=21,
        text="Slowed it down further. She goes under, not over! Under!",
    ),
    CommentContent(
        post=22,
        text="I have a bag here from another brand with no date at all, and now I look at it with suspicion.",
    ),
    CommentContent(
        post=23,
        days_later=1,
        text="The hole belongs to my daughter. She has varnished it.",
    ),
    CommentContent(
        post=23,
        days_later=1,
        text="My son's bus has been eaten, wheels first. He told his grandma it was a night bus.",
    ),
    CommentContent(
        post=24,
        days_later=1,
        text="Hung two. One from me and one from the man behind me, who had no change and paid me in a joke.",
    ),
    CommentContent(
        post=24,
        text="I took a token in the spring at another bakery when things were bad. Hung three here today.",
        reply="Thank you for telling us. It is exactly how it is meant to go round.",
    ),
    CommentContent(
        text=(
            "Moved to Cardiff in June and still order flour from you. My kitchen smells like your shop on a good day."
        ),
    ),
    CommentContent(
        text="Is any of the bread made without milk? Little one has an allergy.",
        reply=(
            "All the loaves are. The buns and the focaccia share a bench with butter, so please keep clear of those."
        ),
    ),
    CommentContent(
        text=(
            "Loaf was slightly squashed by the courier, the replacement came the next day with a drawing of the "
            "culprit."
        ),
    ),
    CommentContent(
        text="Best toast of my life, and I have been eating toast for sixty-one years.",
    ),
)
