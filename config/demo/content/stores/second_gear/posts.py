"""Thirty days of posts by Second Gear Bicycle Workshop, a bicycle workshop in Minneapolis, oldest first."""

from __future__ import annotations

from datetime import time

from config.demo.content.shapes import PostContent

POSTS = (
    PostContent(
        day=0,
        at=time(8, 0),
        title="The first salt truck went by this morning",
        text=(
            "That is our New Year. Winter tune-ups are open: we strip the drivetrain, pack the bearings with the "
            "blue grease that does not give up at twenty below, and put a little tube of it in your bag. Drop-offs "
            "before nine get done the same day."
        ),
        photos=(
            "A bike in a work stand with its chain off, a blue grease tub beside it",
            "A salt truck passing a brightly lit shop window at dawn",
        ),
        products=(0,),
    ),
    PostContent(
        day=0,
        at=time(12, 30),
        text=(
            'Somebody left a unicycle locked to our sign with a note that says "sorry, good luck". Is this a '
            "repair or an adoption?"
        ),
        photos=("A unicycle locked to a shop sign with a paper tag tied to the seat",),
    ),
    PostContent(
        day=1,
        at=time(17, 10),
        text=(
            "Wheel number 2,000 left the truing stand today. Thirty-two spokes, three-cross, going to a nurse who "
            "rides eleven miles to the night shift. Everybody in the shop tightened one nipple, including the "
            "mailman."
        ),
        photos=(
            "A freshly laced wheel in a truing stand, light catching the spokes",
            "A mail carrier holding a spoke wrench, looking very serious",
        ),
        products=(1,),
    ),
    PostContent(
        day=3,
        at=time(10, 0),
        kind="magazine",
        title="How a chain dies",
        text=(
            "Chains do not stretch, whatever the tool is called. Each link has a pin and a sleeve; grit gets in "
            "between and files them both away, a hair at a time. A hundred and some links, a hair each, and the "
            "chain is a quarter inch too long.\n\n"
            "A long chain sits high on the teeth and bends them into little shark fins. Then a new chain will not "
            "fit the old teeth, and a $27 job is a $140 job.\n\n"
            "So: wipe it when it is wet. Oil the rollers, not the outside. Measure it every time you pay rent. We "
            "do that for free at the door, with a gauge on a string, and no speech. This was the speech."
        ),
        photos=(
            "Two chains side by side on a bench, the worn one noticeably longer",
            "A cassette with teeth worn into hooks",
            "A chain gauge hanging by the door on a piece of string",
        ),
        products=(3,),
    ),
    PostContent(
        day=4,
        at=time(15, 20),
        text=(
            "Rebuilt this week: a 1989 steel mixte found behind a church. New cables, new bearings, original paint "
            "with a constellation of rust we sealed in rather than sanded out. It has a bell shaped like a "
            "ladybug, which is not negotiable."
        ),
        photos=("A teal mixte bicycle leaning against a brick wall, ladybug bell on the bar",),
        products=(4,),
    ),
    PostContent(
        day=5,
        at=time(9, 15),
        title="Closing at three on Thursday",
        text="Dee is becoming a citizen at four. We will all be there, in the least greasy shirts we own.",
    ),
    PostContent(
        day=6,
        at=time(18, 45),
        kind="video",
        title="Studs on glare ice, the parking lot test",
        text=(
            "We hosed the lot last night, waited, and filmed three tires at eight miles an hour. One of them stays "
            "up. The other two are Marcus."
        ),
        photos=("A rider mid-slide on a sheet of ice, arms out, laughing",),
        products=(2,),
    ),
    PostContent(
        day=8,
        at=time(11, 0),
        text=(
            "Flat class this Wednesday has two chairs left. You bring a wheel, we bring the nails. By eight "
            "o'clock everybody has fixed a flat with the lights off, because that is when flats happen."
        ),
        photos=("A circle of people on folding chairs, each with a wheel in their lap",),
        products=(9,),
    ),
    PostContent(
        day=9,
        at=time(13, 40),
        kind="activity",
        title="Kids' bike swap, Saturday",
        text=(
            "Children get longer, bikes do not. Bring the one they have outgrown, take one that fits, pay nothing "
            "if the sizes come out even. We check brakes and headsets on all of them. Training wheels go in the "
            "barrel; we hold a small ceremony."
        ),
        photos=(
            "A row of small bikes by size, from balance bike to twenty-inch",
            "A barrel labeled with a hand-painted sign: training wheels, farewell",
        ),
        products=(10,),
    ),
    PostContent(
        day=11,
        at=time(8, 25),
        text="Eleven degrees. Pogies outsold coffee today, and we sell very good coffee.",
        photos=("Handlebars wearing thick fleece mitts, frost on the brake levers",),
        products=(6,),
    ),
    PostContent(
        day=12,
        at=time(16, 0),
        title="Stolen: green cargo bike, front box, sticker of a heron",
        text=(
            "It belongs to the food shelf on 31st and carries two hundred lunches a week. Taken last night from "
            "the back fence. If somebody offers you one cheap, say nothing, send us a picture."
        ),
        photos=("A green cargo bike with a heron sticker on its front box",),
    ),
    PostContent(
        day=12,
        at=time(19, 30),
        title="We have her back",
        text=(
            "Forty minutes after the post, under the overpass, flat front tire and one missing pedal. Heron "
            "intact. She is in the stand and will be delivering by noon tomorrow. Whoever took her: come in, we "
            "have bikes for people who need bikes."
        ),
        photos=("The green cargo bike in a work stand, three people around it grinning",),
    ),
    PostContent(
        day=14,
        at=time(10, 30),
        kind="magazine",
        title="Listening to a wheel",
        text=(
            "When a wheel is nearly done, I turn the radio off and pluck the spokes, one side at a time. They "
            "ought to sing the same note, somewhere near an F sharp for these. One flat note means one lazy "
            "spoke.\n\n"
            "You cannot only chase the sound. Rims have a bump where they are welded, and a wheel with perfect "
            "music can be shaped like an egg. So it goes back and forth: ear, gauge, ear, then lean on it hard "
            "with both hands until it creaks, and start again. Five rounds for a good one.\n\n"
            "The man who taught me was nearly deaf. He did it by touch, and rode home without hands to check."
        ),
        photos=(
            "A hand plucking a spoke, the rest of the wheel out of focus",
            "A tension gauge clamped on a spoke, needle at mid-scale",
            "An old photograph of a man riding with his arms folded",
        ),
        products=(1, 7),
    ),
    PostContent(
        day=15,
        at=time(14, 10),
        text=(
            "Steel fenders are back in stock after seven weeks at sea. If you ride behind other people on wet "
            "roads, these are not a purchase, they are manners."
        ),
        photos=("A long black fender with a mudflap nearly touching the road",),
        products=(5,),
    ),
    PostContent(
        day=16,
        at=time(9, 50),
        title="What did you learn to ride on?",
        text=(
            "Marcus: a banana seat with a playing card in the spokes. Dee: her uncle's delivery bike, standing up, "
            "in Mekelle. Me: a sister's pink one, and I was furious, and it was very fast. You?"
        ),
    ),
    PostContent(
        day=17,
        at=time(17, 35),
        text=(
            "The canvas panniers come from a sail loft in Duluth. Each one is stamped with the sail it was cut "
            'from. Mine says "mizzen, 2011" and has carried a turkey.'
        ),
        photos=("A tan canvas pannier with a faded stamp, clipped to a rack",),
        products=(8,),
    ),
    PostContent(
        day=18,
        at=time(12, 0),
        text=(
            "Shop cat Sprocket weighed in at fourteen pounds on the fish scale. That is one pound over a good "
            "touring wheelset."
        ),
        photos=("A gray cat asleep inside a rim on the workbench",),
    ),
    PostContent(
        day=19,
        at=time(18, 5),
        title="Wednesday evenings are women and trans night again",
        text=(
            "Six to nine, four stands, no question too small. Last winter someone came to ask how to pump a tire "
            "and by spring she had built a wheel. She teaches it now; say hi to Noor."
        ),
        photos=("Noor at a stand showing two people how to adjust a derailleur",),
    ),
    PostContent(
        day=20,
        at=time(8, 40),
        text=(
            "A hub came in today that had not been opened since 1974. The grease had turned to something like "
            "amber, and inside it, perfectly preserved: one ant."
        ),
        photos=("A dismantled hub with dark golden grease, a tiny ant visible in it",),
        products=(7,),
    ),
    PostContent(
        day=21,
        at=time(13, 15),
        kind="magazine",
        title="Bike 311",
        text=(
            "A woman came in and asked for the cheapest thing that rolled. Her car had died, the new job started "
            "Monday, and the bus got there eleven minutes late. We had number 311: a brown hybrid, ugly as a boot, "
            "true wheels. She paid twenty down and wrote her name in the book.\n\n"
            "She came by each payday with ten dollars. In February she asked what studs were. In May she told us "
            'she had been promoted because, quote, "I am never late."\n\n'
            "She made the last payment today, put down another twenty and said: for whoever comes in next. Number "
            "340 is on the hook, true wheels, ugly as a boot."
        ),
        photos=(
            "A brown hybrid bicycle locked outside a warehouse in the snow",
            "A ledger page with a column of ten-dollar payments",
        ),
        products=(4,),
    ),
    PostContent(
        day=22,
        at=time(10, 20),
        text=(
            "Five inches overnight. The Greenway was plowed by five-thirty, the street was not. Draw your own "
            "conclusions about who is serious."
        ),
        photos=("A freshly plowed bike path between snowbanks, a single tire track down the middle",),
    ),
    PostContent(
        day=24,
        at=time(16, 50),
        kind="video",
        title="The brass bell, a scientific comparison",
        text=(
            "We rang seven bells at one hundred feet behind Marcus, who was pretending to look at his phone. The "
            "brass one made him apologize."
        ),
        photos=("A brass bell mounted on a handlebar, shining",),
        products=(11,),
    ),
    PostContent(
        day=25,
        at=time(11, 25),
        title="Recall notice, please read",
        text=(
            "Nine-speed chains sold here between the 3rd and the 10th have a batch of quick links that may not "
            "lock. Look for the letters KD on the outer plate. Bring it in or ride gently here; we swap it while "
            "you wait. No failures so far and we would like to keep it so."
        ),
        photos=("A close view of a chain link with two small letters stamped on it",),
        products=(3,),
    ),
    PostContent(
        day=26,
        at=time(15, 0),
        text="Solo the unicycle has been claimed. Its owner is a substitute teacher who lost a bet, then won it.",
        photos=("A man in a tie riding a unicycle past the shop, one arm raised",),
    ),
    PostContent(
        day=27,
        at=time(19, 0),
        kind="activity",
        title="Night ride, whatever the weather",
        text=(
            "Friday at seven from the shop, nine miles, no one gets dropped. Lights required, studs recommended, "
            "soup at the end. We ride to the frozen lake, switch everything off for one minute, and look up. Then "
            "soup."
        ),
        photos=(
            "A line of bicycle lights along a dark snowy path",
            "A big pot of soup on a workbench, surrounded by tools",
        ),
        products=(0, 2),
    ),
)
