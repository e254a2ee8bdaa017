"""Thirty days of posts by Half Past Four Bakery, a bakery in Bristol, oldest first."""

from __future__ import annotations

from datetime import time

from config.demo.content.shapes import PostContent

POSTS = (
    PostContent(
        day=0,
        at=time(5, 10),
        text=(
            "First frost, and the dough has noticed. It took an hour longer to wake up than yesterday, so the "
            "country loaves come out at nine instead of eight. Better late than square."
        ),
        photos=(
            "Round loaves proving in cloth-lined baskets under a dim light",
            "Frost on the bakery window with the oven glowing behind it",
        ),
        products=(0,),
    ),
    PostContent(
        day=0,
        at=time(14, 30),
        title="Somebody has named theirs Clint Yeastwood",
        text=(
            "We asked what you call the starter you bought from us. So far: Clint Yeastwood, Doughlene, Grandad, "
            'and "the lodger". A lady on Oxford Street has kept hers going since our first winter and calls it '
            "by our postcode."
        ),
        photos=("A row of jars with handwritten name labels and bubbles pressed against the glass",),
        products=(5,),
    ),
    PostContent(
        day=2,
        at=time(7, 45),
        text=(
            "The card machine is having a lie-down. Cash, or write your name in the book and pay tomorrow. We have "
            "done this six times in nine years and only once lost a loaf, and he knows who he is."
        ),
    ),
    PostContent(
        day=3,
        at=time(10, 15),
        kind="magazine",
        title="What a loaf costs",
        text=(
            "Somebody asked, kindly, why bread costs £4.80. So here is a country loaf taken apart.\n\n"
            "Flour, 78p, from a mill forty miles off that pays its growers in advance. Salt, 3p. Water, next to "
            "nothing. Electricity, 54p, which was 21p when we opened. Hands, £1.90: mixing, four folds, shaping, "
            "baking, and the person who tells you good morning. Rent on a shop with a hill in front of it, 60p. "
            "The van, bags, insurance, a broken mixer, 55p. That leaves 40p, and some of it goes back as free "
            "toast for the school.\n\n"
            "It is not cheap bread. We tried to make it honest bread."
        ),
        photos=(
            "A loaf cut into wedges, each wedge with a paper flag showing its price",
            "The mixer with its side panel off and a screwdriver lying on the flour bin",
        ),
        products=(0, 6),
    ),
    PostContent(
        day=4,
        at=time(16, 20),
        text=(
            "Friday buns go in at six tomorrow. Cardamom ground this afternoon, and the whole street has come in "
            'to ask what the smell is. Forty boxes, and no, we cannot hold one for you "just in case".'
        ),
        photos=("Knotted buns on a steel tray, glossy with syrup and dark with cardamom",),
        products=(2,),
    ),
    PostContent(
        day=6,
        at=time(9, 0),
        title="Closed on Tuesday, oven surgery",
        text=(
            "The left-hand element has been sulking since last week; the back row bakes like the Sahara and the "
            "front like Weston. Gareth comes at seven with a new one. Wednesday as normal, possibly better than "
            "normal."
        ),
    ),
    PostContent(
        day=7,
        at=time(18, 10),
        kind="video",
        title="Shaping, with no talking",
        text=(
            "Two minutes, twenty loaves, one pair of hands. It is Marta, who joined us from a pastry kitchen in "
            "Gdynia and refuses to be shown from the neck up."
        ),
        photos=("Floured hands folding dough into a tight ball on a wooden bench",),
    ),
    PostContent(
        day=8,
        at=time(8, 30),
        text=(
            "A bag of crusts is £1.50 and makes the best breadcrumbs, ribollita, or a very fat family of ducks. "
            "(Please not the ducks, the park has asked us.)"
        ),
        photos=("A paper bag of mixed crusts on the counter next to a hand-drawn duck with a line through it",),
        products=(10,),
    ),
    PostContent(
        day=9,
        at=time(11, 40),
        kind="activity",
        title="Bring us your worst loaf",
        text=(
            "On Saturday at three, come with the flattest, palest, most regrettable bread you have made this "
            "month. We cut it open, work out what happened, and you go home with a plan and a bun. Last time a "
            "brick from Knowle won; it was used afterwards as a doorstop in the actual bakery and still is."
        ),
        photos=("A dense, flat loaf propping open a green door",),
        products=(11,),
    ),
    PostContent(
        day=10,
        at=time(6, 50),
        text=(
            "The new barley is in. Same farm, different field, and it drinks like a camel: we have had to add "
            "nearly five percent more water. The crumb is darker and tastes a bit like the end of a Malteser."
        ),
        photos=("Slices of a dark, moist barley loaf fanned out on a board",),
        products=(3,),
    ),
    PostContent(
        day=12,
        at=time(19, 5),
        title="A letter from the lighthouse",
        text=(
            "Mr Pryce bought a rye tin from us before he went out to do a month of repairs on a lighthouse. He "
            'writes that it was good for nineteen days, "edible for two more, and thereafter structural".'
        ),
        photos=("A handwritten letter on squared paper, held flat by a rye crust",),
    ),
    PostContent(
        day=13,
        at=time(13, 0),
        kind="magazine",
        title="In defence of rye",
        text=(
            "Rye does not behave. It has hardly any gluten, so you cannot stretch it or shape it; you paste it "
            "into a tin with wet hands and hope. It goes in grey and looks like a repair to a wall.\n\n"
            "Then leave it alone. On day one it is gummy and sulky. On day two it cuts. On day three somebody has "
            "lit a lamp inside it: plum, cocoa, a sourness like the skin of an apple. Marta's grandmother would "
            "not let anybody touch the loaf before the third morning, and slept with the bread box in her bedroom "
            "to be sure.\n\n"
            "So if you buy a rye on Monday, please do not write to us on Monday."
        ),
        photos=(
            "A rye tin loaf just out of the oven, cracked along the top like dry earth",
            "Thin slices of rye with butter on a blue plate",
            "An old tin bread box with a lock",
        ),
        products=(1,),
    ),
    PostContent(
        day=14,
        at=time(7, 20),
        text=(
            "The hill is sheet ice. If you are over seventy, or simply sensible, ring us and Callum will walk your "
            "loaf to you. He has football boots on."
        ),
        photos=("A steep, icy street of painted houses with a figure in football boots carrying bread bags",),
    ),
    PostContent(
        day=14,
        at=time(15, 45),
        title="Marmalade: the last of it",
        text=(
            "Thirty-one jars left from January's boil. We know it is odd to sell the end of a season with such "
            "pride, but it has darkened and gone a bit bitter round the edges, as we all do, and it is the best it "
            "has ever been."
        ),
        photos=("Amber jars of marmalade backlit on a window sill",),
        products=(7,),
    ),
    PostContent(
        day=15,
        at=time(10, 30),
        title="A question about slicing",
        text=(
            "We do not own a slicer. We are thinking about it. It is loud, it costs as much as a small car, and "
            "some of you would use it every day because of sore hands. Would you want it? Tell us truthfully, we "
            "would rather know."
        ),
    ),
    PostContent(
        day=17,
        at=time(17, 30),
        text=(
            "Sunday boxes: a country loaf, four eggs from the hens on the allotment, butter, marmalade and two of "
            "whatever Marta feels like. Last week Marta felt like plum twists. Order by Saturday noon."
        ),
        photos=("A cardboard box with bread, eggs nested in straw, butter and two plum pastries",),
        products=(8,),
    ),
    PostContent(
        day=18,
        at=time(5, 45),
        text=(
            "Burnt a whole deck. I sat down to tie my shoe and woke up at twenty to six. Eighteen charcoal loaves, "
            "so the country will be short today. Sorry. I am going to buy slip-ons."
        ),
        photos=("Eighteen nearly black loaves lined up on a rack like coal",),
    ),
    PostContent(
        day=18,
        at=time(12, 15),
        title="The bags are back",
        text=(
            "Linen, sewn by Roz two doors down out of end-of-roll curtain cloth, so no two batches match. Bread "
            "keeps a day longer than in paper and four days happier than in plastic."
        ),
        photos=("A striped linen bag with a loaf peeking out, hung from a door handle",),
        products=(9,),
    ),
    PostContent(
        day=20,
        at=time(9, 20),
        kind="magazine",
        title="How to go on holiday when you have a starter",
        text=(
            "It is not a dog. You do not have to cancel Portugal.\n\n"
            "One week: feed it, leave it out for an hour, put it in the fridge with the lid loose. It will form a "
            "grey pond. Pour the pond off.\n\n"
            "One month: make it stiff. Mix a spoonful with enough flour to get crumbs, rub them between your "
            "hands, put them in a jar. Add water when you are home.\n\n"
            "One year: smear it thin on baking paper, dry it by the window, snap it into flakes and post some to a "
            "friend. That is the real insurance. We lost ours in the flood of our second year and got it back from "
            "a customer in Fife, who sent it in a birthday card."
        ),
        photos=(
            "Dried flakes of starter like pale leaves in an envelope",
            "A jar in the fridge with a layer of grey liquid on top",
            "A birthday card with a cat on it, dusted with flour",
        ),
        products=(5,),
    ),
    PostContent(
        day=21,
        at=time(14, 0),
        text=(
            "Focaccia today is potato and rosemary, because Theo over-ordered potatoes. Tomorrow it will be potato "
            "and onion. On Thursday, potato and optimism."
        ),
        photos=("A golden slab of focaccia with thin potato slices and rosemary",),
        products=(4,),
    ),
    PostContent(
        day=23,
        at=time(18, 40),
        title="We bought the slicer",
        text=(
            "Second-hand, from a bakery in Bath that was closing; we drove there in the van and came back with it "
            "on our knees. It goes on between seven and ten, and the lady with the sore thumbs presses the button "
            "first."
        ),
        photos=("An old red bread slicer being carried up steps by three people",),
    ),
    PostContent(
        day=24,
        at=time(8, 5),
        kind="video",
        title="From ball to knot in nine seconds",
        text=(
            "Slow motion, because at full speed you cannot see what Marta does with her left thumb. We have "
            "watched it forty times and still cannot."
        ),
        photos=("A strip of dough being twisted around two fingers into a knot",),
        products=(2,),
    ),
    PostContent(
        day=25,
        at=time(11, 10),
        text=(
            "Flour is in from the mill with a new label. Same wheat, same stone, but they have finally printed the "
            "milling date. This bag: eleven days ago. Flour has a season like everything else; use it within three "
            "months and it will reward you."
        ),
        photos=("A paper flour sack with a milling date stamped in blue",),
        products=(6,),
    ),
    PostContent(
        day=27,
        at=time(16, 55),
        text=(
            'The primary school came at two, thirty of them. They each made a roll in the shape of "something '
            'that matters". We baked nine cats, four mums, a bus, and one perfectly plain round roll whose owner '
            "said it was a hole."
        ),
        photos=("A tray of small rolls in odd shapes, one of them a bus",),
    ),
    PostContent(
        day=28,
        at=time(19, 20),
        kind="activity",
        title="One loaf on the wall",
        text=(
            "From tomorrow there is a hook board by the door. Buy an extra loaf, hang a token; anybody who needs "
            "one takes a token and nobody asks. We start it off with ten. If it is empty, please do not be shy; if "
            "it is full, please do not be proud."
        ),
        photos=("A wooden board with brass hooks, ten round tokens hanging in a row",),
        products=(0,),
    ),
)
