"""Thirty days of posts by Kerr & Daughter Fishmongers, a fishmonger in Leith, oldest first."""

from __future__ import annotations

from datetime import time

from config.demo.content.shapes import PostContent

POSTS = (
    PostContent(
        day=0,
        at=time(7, 15),
        text=(
            "Haddock off the Guardian Light this morning, landed at Peterhead at midnight, here by six. Eyes like "
            "marbles. If you were thinking of cod, think again; it has been out on the road longer than I have."
        ),
        photos=("Whole haddock on crushed ice, eyes bright, tails overlapping",),
        products=(0,),
    ),
    PostContent(
        day=0,
        at=time(12, 20),
        title="Mussels are fat",
        text=(
            "Cold water does it. The ropes at Loch Etive came up so heavy they had to stop for a cup of tea. A "
            "kilo feeds two people, or one person who is not sharing."
        ),
        photos=("A net bag of blue-black mussels, wet and shining",),
        products=(5,),
    ),
    PostContent(
        day=1,
        at=time(16, 40),
        text=(
            'Dad came in "to see how things were" and reorganised the knife drawer. It took me the whole '
            "afternoon to put it wrong again."
        ),
        photos=("A drawer of fish knives laid out in perfect order, with a tape label in capitals",),
    ),
    PostContent(
        day=3,
        at=time(9, 30),
        kind="magazine",
        title="How a kipper is made, and how it is faked",
        text=(
            "A herring is split down the back, not the belly, so that it opens like a book. Forty minutes in "
            "brine. Then it hangs overnight above oak chips that must never flame; if they flame you are cooking, "
            "not smoking.\n\n"
            "That takes eleven hours and loses a tenth of the weight. Some places dip it in brown dye instead, "
            "blow warm air at it for two hours, and sell you the water. A dyed one is the same brown all over, "
            "like a shoe. A smoked one is gold at the edges, silver where the rib bones kept the smoke off, and it "
            "glows when you hold it to the window.\n\n"
            "Please do hold it to our window. Everybody does."
        ),
        photos=(
            "Split herring hanging in rows in a dark smokehouse",
            "A kipper held against a window, gold and translucent",
        ),
        products=(3,),
    ),
    PostContent(
        day=4,
        at=time(14, 0),
        title="Saturday's fillet class: two places",
        text=(
            "You get four fish, one knife and an apron. You will ruin the first, forgive yourself at the second, "
            "and show off with the third. The fourth is your tea."
        ),
        photos=("A row of people in aprons, each leaning over a fish with a thin knife",),
        products=(11,),
    ),
    PostContent(
        day=5,
        at=time(8, 10),
        text=(
            "Force nine. No boats out of Eyemouth, none out of Pittenweem. We have smoked, shellfish from the "
            "lochs and one enormous pollack. I would rather show you an empty slab than a full one with a story."
        ),
        photos=(
            "A nearly bare marble slab with one large pollack on ice",
            "Waves breaking over the harbour wall",
        ),
    ),
    PostContent(
        day=6,
        at=time(17, 25),
        text=(
            "The Cullen skink kit is for people who say they cannot cook: haddock, potatoes, an onion, milk, and a "
            'card. Four steps. The fourth is "sit down".'
        ),
        photos=("Smoked haddock, potatoes, an onion and a bottle of milk in a box with a recipe card",),
        products=(9,),
    ),
    PostContent(
        day=8,
        at=time(11, 15),
        kind="video",
        title="Langoustines: please meet them first",
        text=(
            "They are alive and they are cross. A minute on how to tell a fresh one (it should object), how to "
            "send it off kindly (the freezer, twenty minutes), and how long in the pot (two minutes, no more, I am "
            "watching you)."
        ),
        photos=("A langoustine with its claws raised, held gently behind the head",),
        products=(6,),
    ),
    PostContent(
        day=9,
        at=time(7, 50),
        title="Mackerel, last of the run",
        text=(
            "They go south about now, and I will not sell you one from a freezer in the winter. Three for £6.90, "
            "as stiff as a plank. Oatmeal, hot pan, gooseberry if you were wise in July."
        ),
        photos=("Three mackerel with green and black stripes on newspaper",),
        products=(1,),
    ),
    PostContent(
        day=9,
        at=time(13, 35),
        text=(
            "Somebody's wee girl asked if the crabs know each other. I have not been able to think about anything else."
        ),
        photos=("Two brown crabs facing each other on ice",),
    ),
    PostContent(
        day=11,
        at=time(18, 20),
        text=(
            "Oyster knives, made in Sheffield to a drawing Dad did on the back of a betting slip in 1983. Short "
            "blade, fat handle, no point to stab yourself with. The slip is framed; the horse lost."
        ),
        photos=("A stubby oyster knife on a framed betting slip with a pencil drawing",),
        products=(10,),
    ),
    PostContent(
        day=12,
        at=time(10, 0),
        kind="activity",
        title="Fish pie for the tower blocks",
        text=(
            'When you buy pie mix this week, say "and one for upstairs". Leave a couple of pounds and we put the '
            "same again in the pot; on Friday the lads at the community kitchen turn it all into pies for Cables "
            "Wynd. Last winter you did 212. No target. Fine, the target is 213."
        ),
        photos=(
            "Foil trays of fish pie with fork-marked mash, ready for the oven",
            "A chalkboard tally beside the till: 41 upstairs",
        ),
        products=(7,),
    ),
    PostContent(
        day=13,
        at=time(15, 10),
        title="Scallops, and a diver called Fiona",
        text=(
            "She goes down with a bag and a torch and chooses them one at a time, no bigger than her palm allows. "
            "She told me it is like shopping in the dark in a cold wind. Six for £13.20, cleaned, roe on unless "
            "you stop me."
        ),
        photos=(
            "Scallop shells with pale meat and orange roe, fanned on seaweed",
            "A diver climbing a ladder with a full mesh bag",
        ),
        products=(4,),
    ),
    PostContent(
        day=14,
        at=time(8, 30),
        title="Closed on Monday",
        text=(
            "We are re-laying the floor. The old tiles have a groove worn from the slab to the door, fifty-odd "
            "years of my father walking customers out. I have kept four of them."
        ),
        photos=("Worn black and white floor tiles with a shallow path through them",),
    ),
    PostContent(
        day=15,
        at=time(19, 0),
        kind="magazine",
        title="Stock, or: what your fishmonger eats",
        text=(
            "Customers take the fillet. I take the rest, and I have the better deal.\n\n"
            "White bones only: haddock, plaice, a turbot if somebody rich has been in. No gills, no blood, or it "
            "goes bitter. Rinse, cold water, an onion with its skin on, a leek top, six peppercorns. Bring it up "
            "slowly, take off the grey foam, and then the rule Dad hit the counter for: twenty minutes. Not an "
            "hour. Fish bones have said all they have to say by then, and after that it is gossip.\n\n"
            "Strain it. Freeze it in mugs. A mug of that and a handful of rice has got me through every February "
            "of my life."
        ),
        photos=(
            "A pot of clear pale broth with leek tops floating",
            "Mugs of frozen stock in a drawer, each with a date",
        ),
        products=(8,),
    ),
    PostContent(
        day=17,
        at=time(12, 5),
        text=(
            "Undyed smoked haddock is not yellow. It is the colour of a good envelope. If yours is the colour of a "
            "high-vis jacket, somebody has been at it with a brush."
        ),
        photos=("Two smoked fillets side by side, one cream and one bright yellow",),
        products=(2,),
    ),
    PostContent(
        day=18,
        at=time(16, 15),
        title="What would you have us stock?",
        text=(
            "There is room at the end of the slab, about the length of a pike. Whelks? Hake for our Spanish "
            "neighbours? Fish for cats? Say what you have been missing, or what your mother bought."
        ),
    ),
    PostContent(
        day=20,
        at=time(7, 40),
        title="Hake from Friday, salt cod from next week",
        text=(
            "You spoke, I rang round. The hake is from the west coast, line caught. The salt cod I will do myself "
            "out the back, ten days, so please be patient, and Mr Bailey, I am holding you to that ackee."
        ),
        photos=("A whole hake, silver-grey and long-jawed, on a bed of ice",),
    ),
    PostContent(
        day=21,
        at=time(14, 45),
        text=(
            "A gentleman proposed in the shop today. Ring on a langoustine. She said yes, the langoustine said no, "
            "and it took two of us and a tea towel to get it back."
        ),
        photos=("A langoustine on ice with a small gold ring on one claw",),
        products=(6,),
    ),
    PostContent(
        day=22,
        at=time(10, 25),
        kind="video",
        title="One haddock, eight cuts, forty seconds",
        text=(
            "Dad, at seventy-six, against the clock, because I said he had slowed down. He had not. I have to wash "
            "the van for a month."
        ),
        photos=("An elderly man's hands lifting a clean fillet from the bone",),
        products=(0,),
    ),
    PostContent(
        day=23,
        at=time(17, 10),
        text=(
            "The kiln is back up to heat after its spring clean, which we do in autumn, because in spring we are "
            "busy. First kippers are out at ten tomorrow."
        ),
        photos=("Oak chips smouldering red at the base of a brick kiln",),
        products=(3,),
    ),
    PostContent(
        day=24,
        at=time(11, 50),
        kind="magazine",
        title="What the sign does not say",
        text=(
            "It says Kerr & Daughter. When Dad had it painted I was nine and furious, because it did not say which "
            "daughter. There are three of us.\n\n"
            "Morag had the head for it and went to be an engineer. Catriona had the hands and became a surgeon, "
            "and blames the plaice. I had neither. I had the cold feet and the chat. I came in one December to "
            "help, and there was a woman who bought one herring every day, the smallest, and stayed ten minutes. "
            "Nobody else spoke to her till the next herring.\n\n"
            "That was when I understood what the shop sells. I never changed the sign. Ask any of us: it means the "
            "other two."
        ),
        photos=(
            "An old painted shop sign, the gold letters slightly cracked",
            "A faded photograph of three girls in oversized white aprons",
        ),
    ),
    PostContent(
        day=25,
        at=time(8, 55),
        title="Mussels: two days without",
        text=(
            "Routine test at the loch came back over the limit for algae, so the farm has shut until it is clear. "
            "Nothing sold here was affected; those were harvested nine days ago. I would sooner ring you than "
            "worry you, so if you bought on Friday, your phone will go."
        ),
    ),
    PostContent(
        day=27,
        at=time(15, 30),
        text=(
            "Two hundred and sixty pies. Upstairs says the mash was better this year; upstairs is right, it was "
            "Catriona's."
        ),
        photos=("A long table of empty foil trays and one very full thank-you card",),
    ),
    PostContent(
        day=29,
        at=time(19, 45),
        title="Ordering for the holidays",
        text=(
            "List opens tomorrow at eight, in the shop or here. Scallops and langoustines go first, side of smoked "
            "haddock next, and there is always somebody who wants a lobster at five to six on the last evening. I "
            "say it with love: do not be that somebody. You were, last year. You know your name."
        ),
        photos=("A ruled notebook open at a fresh page, a pencil on a string beside it",),
        products=(0, 4),
    ),
)
