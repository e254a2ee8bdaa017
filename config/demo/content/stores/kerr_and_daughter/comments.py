"""What buyers write to Kerr & Daughter Fishmongers, a fishmonger in Leith, and what it answers."""

from __future__ import annotations

from config.demo.content.shapes import CommentContent

COMMENTS = (
    CommentContent(
        post=0,
        text="Came for cod, left with haddock and a lecture. Supper was excellent.",
    ),
    CommentContent(
        post=0,
        text="What is the trick to skinning it at home without losing half?",
        reply="Salt on your fingers for the tail, knife flat, and pull the skin, do not push the blade.",
    ),
    CommentContent(
        post=1,
        days_later=1,
        text="I am the one person who is not sharing.",
    ),
    CommentContent(
        post=1,
        text="How many that stay shut do I throw out? My mother says one means the lot.",
        reply="Just the shut ones. Your mother is careful and I would not argue with her to her face.",
    ),
    CommentContent(
        post=2,
        text="Tell Jim the counter misses him and his opinions on football.",
    ),
    CommentContent(
        post=3,
        days_later=1,
        text="Held one to the window. There was a queue behind me doing the same.",
    ),
    CommentContent(
        post=3,
        text="My grandad smoked in Seahouses, and he would have put this on the wall.",
    ),
    CommentContent(
        post=3,
        text="Best way to cook them without the flat smelling until Easter?",
        reply="In a jug. Boiling water up to the tail, six minutes. Jim did it that way for fifty years.",
    ),
    CommentContent(
        post=4,
        days_later=3,
        text="Ruined the first, ruined the second, wept, then the third just opened. What a feeling.",
    ),
    CommentContent(
        post=5,
        text='"An empty slab rather than a full one with a story." That is why I walk past two supermarkets.',
    ),
    CommentContent(
        post=5,
        days_later=1,
        text="Was the pollack spoken for? It looked like it was in charge.",
        reply="Cut it in eleven. It fed most of Great Junction Street.",
    ),
    CommentContent(
        post=6,
        days_later=3,
        text="Followed all four steps. I was best at the fourth.",
    ),
    CommentContent(
        post=6,
        days_later=3,
        text="Sent one to my son at uni in Hull. He rang me, voluntarily.",
    ),
    CommentContent(
        post=7,
        days_later=1,
        text="It objected. I objected back. We had supper in the end, one of us.",
    ),
    CommentContent(
        post=7,
        days_later=2,
        text="Two minutes was right. I have been boiling them for ten since 1998, forgive me.",
    ),
    CommentContent(
        post=8,
        text="I was wise in July. Gooseberry jam found its purpose at last.",
    ),
    CommentContent(
        post=8,
        days_later=1,
        text="Straight from shop to the barbecue on Wardie beach, in a coat, in the wind. Glorious.",
    ),
    CommentContent(
        post=9,
        text="They do now.",
    ),
    CommentContent(
        post=10,
        days_later=4,
        text="Eleven oysters, no plasters. The old knife has been retired to the paint tins.",
    ),
    CommentContent(
        post=11,
        text="One for me and four for upstairs. I grew up on the seventh floor.",
        reply="Then you know how long that lift takes. We wrap them hot.",
    ),
    CommentContent(
        post=11,
        text="Do you do one for online orders? I am in Perth but would like to.",
        reply='Put "upstairs" in the note and we add it by hand. Thank you, Perth.',
    ),
    CommentContent(
        post=11,
        text="My mum got one of those last year, and she still talks about the mash.",
    ),
    CommentContent(
        post=12,
        text="Roe on, always. People who throw it away should be made to watch.",
    ),
    CommentContent(
        post=12,
        text="Tell Fiona that mine tasted like she chose well.",
    ),
    CommentContent(
        post=13,
        text="My feet helped make that groove. Glad you kept some.",
    ),
    CommentContent(
        post=13,
        text="Any chance one of the others is going spare? My gran met my grandad in your queue.",
        reply="There is one here with your name on a bit of tape. Come by.",
    ),
    CommentContent(
        post=14,
        text='"After that it is gossip." I read it to my husband, who is a boiler of stocks for hours.',
    ),
    CommentContent(
        post=14,
        text="Do you give away the bones? Would happily collect.",
        reply="Any day after four, bring a tub. We ask for a song, or nothing.",
    ),
    CommentContent(
        post=15,
        text="The colour of a good envelope. You could hear the nation checking its fridge.",
    ),
    CommentContent(
        post=16,
        by="mateo.vargas",
        text="Hake, please! Merluza on Sundays, my mother would light a candle for you.",
        reply="You are the fifth. Hake from Friday.",
    ),
    CommentContent(
        post=16,
        text="Whelks with vinegar. My father, a wooden fork, Portobello, 1966.",
    ),
    CommentContent(
        post=16,
        by="devon.bailey",
        text="Salt cod for the Jamaican breakfast of champions. I will bring you ackee.",
    ),
    CommentContent(
        post=17,
        days_later=2,
        by="mateo.vargas",
        text="My mother has lit the candle.",
    ),
    CommentContent(
        post=17,
        by="devon.bailey",
        text="The ackee stands ready, Isla.",
    ),
    CommentContent(
        post=18,
        days_later=1,
        text="It was us! The ring has a scratch and we are keeping it.",
        reply="Fifty percent off shellfish on every anniversary. Bring the scratch as proof.",
    ),
    CommentContent(
        post=18,
        text="I was in for two kippers and got dinner and a show.",
    ),
    CommentContent(
        post=19,
        text="There was nothing left on that bone. A seagull would have filed a complaint.",
    ),
    CommentContent(
        post=19,
        text="Washing the van for a month is fair. Never bet against Jim.",
    ),
    CommentContent(
        post=20,
        days_later=1,
        text="Ten past ten, standing on the Shore, eating a kipper out of paper. No notes.",
    ),
    CommentContent(
        post=21,
        text="My auntie was a one-herring lady. Thank you for the ten minutes.",
    ),
    CommentContent(
        post=21,
        text="As the middle one of three, I laughed and then I did not.",
    ),
    CommentContent(
        post=21,
        text="Catriona did my hip, I think! Should have asked her about plaice.",
    ),
    CommentContent(
        post=22,
        days_later=1,
        text="You rang, I was fine, and we ended up discussing soup. Ten out of ten.",
    ),
    CommentContent(
        post=22,
        text="This is how a warning should read. Clear, early, no drama.",
    ),
    CommentContent(
        post=23,
        text="Two hundred and sixty! Leith, you old softie.",
        reply="Two hundred and sixty-one. A man came back in with the change from his paper.",
    ),
    CommentContent(
        post=24,
        by="douglas.reid",
        text="My name is Douglas and I was that somebody.",
        reply="Page one, line one, Douglas. Lobster. We have you down already.",
    ),
    CommentContent(
        post=24,
        text="Side of smoked haddock and a dozen scallops please, same as every year since Mum taught me to queue.",
    ),
    CommentContent(
        text="Parcel to Sheffield arrived colder than my flat. Ice still solid, fish still grand.",
    ),
    CommentContent(
        text="Can you bone a mackerel for someone with poor eyesight who is afraid of bones?",
        reply='Of course. Ask for it "blind", that is our word for it; we run a thumb down every fillet twice.',
    ),
    CommentContent(
        text="Asked for sea bass, was told no and given plaice. They were right and I am still annoyed.",
    ),
    CommentContent(
        text="First fishmonger where I did not feel stupid asking which end to start at.",
    ),
)
