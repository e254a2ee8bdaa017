"""Thirty days of posts by Saltmarsh Knits, a knitwear shop in Galway, oldest first."""

from __future__ import annotations

from datetime import time

from config.demo.content.shapes import PostContent

POSTS = (
    PostContent(
        day=0,
        at=time(9, 30),
        text=(
            "The fleeces are back from the scouring mill, four hundred kilos of them, and the shed smells like a "
            "clean sheep at a wedding. Blackface, Galway, and a small, secret amount of Zwartbles."
        ),
        photos=("Big open sacks of washed white and dark brown wool in a stone shed",),
        products=(5,),
    ),
    PostContent(
        day=1,
        at=time(13, 0),
        title="Hat weather",
        text=(
            "The wind has gone round to the north-east and forty hats went out the door before lunch. Bríd says "
            "she can hear the sea in the rib pattern. Bríd also says that about the kettle."
        ),
        photos=("A stack of ribbed hats in grey, rust and sea green on a window ledge",),
        products=(2,),
    ),
    PostContent(
        day=1,
        at=time(17, 20),
        text=(
            'Size labels for the medium Tideline say "small" this week. Nobody has shrunk, nobody has grown, the '
            "label machine had a moment. The tag inside the collar is right."
        ),
    ),
    PostContent(
        day=3,
        at=time(10, 0),
        kind="magazine",
        title="The name in the collar",
        text=(
            "There are nine of us. Nuala does the yokes because she has patience, Oisín runs the old hand-frame "
            "because he has shoulders, and Mrs Faherty, who is ninety-one, will only do cuffs, one pair a day, "
            "before the news.\n\n"
            "When I took over, the jumpers went out with our shop name on them. Then a letter came from Oslo, "
            "asking who made mine, as I would like to thank her. I had to go through the ledger to find out it was "
            "Mary Kate, and by then Mary Kate had been in Kilcolgan cemetery two weeks.\n\n"
            "So now every collar has a name sewn in, with the month. Write a letter, and it goes to that kitchen "
            "table."
        ),
        photos=(
            "A woven label in a collar with the name Nuala and a month stitched by hand",
            "An elderly woman knitting a cuff in a kitchen, radio beside her",
            "A letter with a Norwegian stamp, propped against a teapot",
        ),
        products=(0,),
    ),
    PostContent(
        day=4,
        at=time(19, 15),
        text=(
            "The child's gansey has a hem that lets down, cuffs that turn back twice, and gussets borrowed from "
            "fishermen. It ought to last from four to seven, or until it falls in a rock pool."
        ),
        photos=("A small navy jumper on a line, cuffs turned back",),
        products=(6,),
    ),
    PostContent(
        day=5,
        at=time(12, 45),
        title="The road at Ballinderreen is flooded",
        text=(
            "The post van will not reach us until Thursday, so parcels are a day and a half behind. Oisín offered "
            "to go out in the currach. We have asked him not to."
        ),
    ),
    PostContent(
        day=7,
        at=time(16, 10),
        kind="video",
        title="Six miles of yarn, one frame, no electricity",
        text=(
            "This is the hand-frame from 1936. It sounds like a train with a cold. Oisín does a back panel in "
            "fifty minutes and his tea goes cold on the bed of it every time."
        ),
        photos=(
            "A man pushing the carriage of a long iron knitting frame",
            "A mug of tea standing on the frame next to a cone of yarn",
        ),
    ),
    PostContent(
        day=8,
        at=time(9, 5),
        text=(
            "A darning kit is going into every order over a hundred euro this week, because the moths at my own "
            "house have humbled me."
        ),
        photos=("A wooden darning mushroom under a sock with a neat woven patch",),
        products=(8,),
    ),
    PostContent(
        day=9,
        at=time(14, 30),
        kind="activity",
        title="The mending circle meets on Sunday",
        text=(
            "Bring a hole. We have needles, good light, scones and Nuala. Last month a man came with his late "
            "brother's work jumper, elbows gone altogether, and went home with two patches in bright orange, "
            "because, he said, Declan was never a subtle man."
        ),
        photos=(
            "A ring of chairs with people bent over knitting, plates of scones between them",
            "A navy jumper with two bright orange elbow patches",
        ),
        products=(9,),
    ),
    PostContent(
        day=10,
        at=time(18, 0),
        text=(
            "The turf blanket is the colour of a bog after rain: that is four browns and a black, and one thread "
            "of purple for the heather, which you find on about the second evening."
        ),
        photos=("A thick brown striped blanket over the back of a chair near a stove",),
        products=(4,),
    ),
    PostContent(
        day=12,
        at=time(8, 20),
        text="Mrs Faherty has a cold. No cuffs until further notice. She sent word that the news is dreadful anyway.",
    ),
    PostContent(
        day=13,
        at=time(11, 40),
        kind="magazine",
        title="Why Irish wool itches, and why you might want it to",
        text=(
            "Merino is soft because its fibres are fine, seventeen microns or so. Galway wool is about thirty. "
            "Each fibre is stouter, and its ends press on your skin instead of bending away. That is the itch. It "
            "is physics, not dirt.\n\n"
            "But the same stout fibre does not pill. It keeps its shape when wet, holds air like a hedge, and "
            "sheds a mist for the best part of an hour. A merino jumper is lovely for three winters. The Galway "
            "one over my door was knitted in 1958.\n\n"
            "Wear a shirt under it. Wash it cold, with vinegar, and not often. Around the tenth wash, something "
            "gives, and it starts to be yours."
        ),
        photos=(
            "Two fibres under a magnifier, one visibly thicker",
            "An old cream jumper hanging on a door, elbows worn smooth",
            "A basin with a jumper soaking and a bottle of vinegar",
        ),
        products=(5,),
    ),
    PostContent(
        day=14,
        at=time(15, 50),
        text=(
            "Knit-along kits for the Quay cowl are packed. Two skeins, a pattern that fits on a postcard, and "
            "Bríd's telephone number. She does mean for you to ring it."
        ),
        photos=("Paper bags with yarn and a postcard pattern, lined up on a bench",),
        products=(11,),
    ),
    PostContent(
        day=15,
        at=time(19, 40),
        title="A question for the tall",
        text=(
            "Six people this month have asked for a longer body. If you are tall, how much is enough: five "
            "centimetres, eight, ten? And sleeves? Hold a tape to yourself and tell us, and we will make a proper "
            "long size instead of guessing."
        ),
    ),
    PostContent(
        day=17,
        at=time(10, 15),
        text=(
            'Somebody asked how long "two metres and a bit" is. It is two metres, and then the knitter finishes '
            "the ball."
        ),
        photos=("A long scarf laid over a dry stone wall, running out of the picture",),
        products=(10,),
    ),
    PostContent(
        day=17,
        at=time(13, 25),
        title="Buttons",
        text=(
            "The Marsh cardigan now closes with bog oak. Seán in Connemara turns them from stumps he finds when "
            "cutting turf, five thousand years old, give or take a Tuesday. No two the same black."
        ),
        photos=(
            "Six dark wooden buttons in an open palm",
            "A moss green cardigan fastened with black wooden buttons",
        ),
        products=(1,),
    ),
    PostContent(
        day=18,
        at=time(17, 55),
        text=(
            "Eleven hours of rain. The yard is a lake, the shop cat is on the top shelf among the medium greys, "
            "and I have sold one hat, to the man who came to read the meter."
        ),
        photos=("A ginger cat asleep on a shelf of folded grey jumpers",),
    ),
    PostContent(
        day=20,
        at=time(9, 50),
        title="Mitts for people who work outside",
        text=(
            "Oyster farmers asked for these, so the thumb is long, the palm double, and the wool has been left a "
            "bit greasy. Postmen, busking fiddlers and one vet have since joined the queue."
        ),
        photos=("Hands in brown fingerless mitts opening an oyster",),
        products=(3,),
    ),
    PostContent(
        day=21,
        at=time(12, 10),
        kind="magazine",
        title="Dyeing with what is in the ditch",
        text=(
            "Walk the lane from the shed to the sea and you pass a whole paintbox. Nettles for a grey green. Onion "
            "skins from the chipper for gold. Bramble tips, with a rusty nail in the pot, give a purple close to "
            "slate. Lichen off the wall gives the best orange of all, but it grows a fingernail a decade, so we "
            "only take what the storms have already knocked down.\n\n"
            "It never comes out the same. The water in August is not the water in November, and the nettles know "
            "which field they stood in. A chemist could fix that for us. We asked her, she is Nuala's niece, and "
            "she said: why would you?"
        ),
        photos=(
            "Steaming pots outdoors with skeins hung above them on a pole",
            "Skeins in grey green, gold, slate purple and orange",
            "A basket of onion skins",
        ),
    ),
    PostContent(
        day=22,
        at=time(18, 30),
        text=(
            "Bed socks in the oddments basket: made from the ends of everything, no two stripes alike and not "
            "strictly in pairs. We think of them as cousins."
        ),
        photos=("A basket of striped bed socks in many colours",),
        products=(7,),
    ),
    PostContent(
        day=24,
        at=time(8, 45),
        title="Mrs Faherty is back",
        text=(
            "Two pairs yesterday, to catch up. She would like it known that she received thirty-four get-well "
            "cards and that the one from Leeds had a spelling mistake."
        ),
        photos=("Two pairs of ribbed cuffs on a kitchen table beside a pile of cards",),
    ),
    PostContent(
        day=25,
        at=time(14, 0),
        kind="video",
        title="An elbow, from hole to whole",
        text=(
            "Swiss darning at normal speed, seventeen minutes, Nuala explaining as she goes. There is a bit in the "
            "middle where the cat gets the yarn and Nuala says a word in Irish. We have looked it up and left it "
            "in."
        ),
        photos=("A needle drawing yarn through a worn elbow, following the stitches",),
        products=(9,),
    ),
    PostContent(
        day=26,
        at=time(11, 15),
        text=(
            "A Tideline came in for repair from 2009: one moth hole, a burn from a stove, and a cuff chewed by, "
            'the note said, "a calf, then a toddler". Collar label: Mary Kate. We did it slowly and all of us '
            "took a turn."
        ),
        photos=("An old blue jumper spread on a table, several hands around it",),
        products=(0,),
    ),
    PostContent(
        day=28,
        at=time(16, 35),
        title="Long sizes are on the frames",
        text=(
            "You measured, we listened: eight on the body, six on the sleeve, in the Tideline and the Marsh. The "
            "first ten will be ready in a fortnight. For the small among you, the drowning lady was right, and we "
            "are drafting that next."
        ),
        photos=("A very long jumper held up on a hanger by someone standing on a chair",),
        products=(0, 1),
    ),
    PostContent(
        day=28,
        at=time(20, 0),
        kind="activity",
        title="A square each",
        text=(
            "Knit one square, fifteen by fifteen, any wool, any skill, and post it to the shed before the end of "
            "the month. We will join them into blankets for the new hospice in the city. Put your name on a bit of "
            "paper and we will sew it into the edge. Bríd is at the end of the telephone, as ever."
        ),
        photos=("Knitted squares in every colour laid out on the floor like a map",),
        products=(5,),
    ),
)
