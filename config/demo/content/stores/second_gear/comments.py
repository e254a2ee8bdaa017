"""What buyers write to Second Gear Bicycle Workshop, a bicycle workshop in Minneapolis, and what it answers."""

from __future__ import annotations

from config.demo.content.shapes import CommentContent

COMMENTS = (
    CommentContent(
        post=0,
        days_later=1,
        text="Dropped mine at 8:40, picked it up at 5. It shifts like it did before I owned it.",
    ),
    CommentContent(
        post=0,
        text="Is the blue grease okay for a bike that lives on an unheated porch?",
        reply="That is the bike it was born for.",
    ),
    CommentContent(
        post=1,
        text="Adoption. Name it Solo.",
    ),
    CommentContent(
        post=2,
        days_later=3,
        by="amara.okafor",
        text="I am the nurse. It is the quietest thing in my life right now.",
        reply="Bring it back at 200 miles, we want to listen to it too.",
    ),
    CommentContent(
        post=2,
        text="The mailman has been telling everyone on the route.",
    ),
    CommentContent(
        post=3,
        text="Measured at the door, got a thumbs up, was gone in eleven seconds. Perfect service.",
    ),
    CommentContent(
        post=3,
        text='"Measure it every time you pay rent" is the only maintenance schedule I have ever managed to keep.',
    ),
    CommentContent(
        post=3,
        text="What about belt drives? Smug neighbor has one.",
        reply="Your neighbor is right to be smug, until the day he gets a flat on the back.",
    ),
    CommentContent(
        post=4,
        text="Is the ladybug bike still there? My daughter has been drawing it since Sunday.",
        reply="Still here. She can visit it while you decide.",
    ),
    CommentContent(
        post=4,
        text="My aunt had this exact bike and rode it to every wedding in the family.",
    ),
    CommentContent(
        post=5,
        text="Congratulations Dee!! First act as a citizen: argue about tire pressure.",
    ),
    CommentContent(
        post=5,
        text="The best reason a shop has ever been closed.",
    ),
    CommentContent(
        post=6,
        text="Marcus deserves hazard pay and a helmet camera.",
    ),
    CommentContent(
        post=6,
        text="Convinced. Do they slow you down much on dry pavement?",
        reply="About as much as a headwind with opinions. You get used to the sound.",
    ),
    CommentContent(
        post=7,
        days_later=3,
        text="Fixed one on Hennepin in the dark last night, exactly as rehearsed.",
    ),
    CommentContent(
        post=8,
        days_later=3,
        text="My five-year-old threw his training wheels in and saluted.",
    ),
    CommentContent(
        post=8,
        text="Do you take bikes with a broken pedal?",
        reply="Yes. Everything except recalled frames, and we check the number for you.",
    ),
    CommentContent(
        post=8,
        days_later=2,
        text="Third year in a row. The same red bike has now carried four kids on our block.",
    ),
    CommentContent(
        post=9,
        days_later=1,
        text="Hands were sweating at eleven degrees. I have become my own weather.",
    ),
    CommentContent(
        post=10,
        text="Saw a green box bike under the Hiawatha overpass around 7 this morning, sending you a photo.",
        reply="That is her. On our way with the long truck. Thank you.",
    ),
    CommentContent(
        post=11,
        days_later=1,
        text="The last sentence of this post is why I bring my bike here.",
    ),
    CommentContent(
        post=11,
        by="joe.whitebird",
        text="From all of us at the food shelf: lunch is on us forever, we have quite a lot of it.",
    ),
    CommentContent(
        post=12,
        text="Went out to the garage and plucked mine. It played something by a very sad harp.",
        reply="Bring the harp in. No charge for tuning instruments.",
    ),
    CommentContent(
        post=12,
        text="That was my grandfather. He did the dishes by touch too, and they were never clean.",
    ),
    CommentContent(
        post=13,
        text="My riding group chipped in to buy me a set. I understand now.",
    ),
    CommentContent(
        post=14,
        by="hannah.mbeki",
        text="A neighbor's post office bike with no brakes, downhill, into a hedge. I was thirty-four.",
    ),
    CommentContent(
        post=14,
        text="Dad ran behind holding the seat. I looked back and he was two blocks away, waving.",
    ),
    CommentContent(
        post=14,
        text="Tandem with my grandmother in front. She never told me when she was not pedaling.",
    ),
    CommentContent(
        post=15,
        days_later=4,
        text="Mine was a jib! It has seen Superior in a storm and now it sees bagels.",
    ),
    CommentContent(
        post=16,
        text="Sprocket is dishing to the left, please true him.",
    ),
    CommentContent(
        post=17,
        text="Came for the pump, stayed for the pliers. Thank you Noor.",
        reply="She says you left your good gloves, they are on the hook with your name.",
    ),
    CommentContent(
        post=17,
        text="First shop where nobody took the tool out of my hand.",
    ),
    CommentContent(
        post=18,
        text="Jurassic Parking.",
    ),
    CommentContent(
        post=18,
        text="Was the hub okay? Asking for a 1974 of my own.",
        reply="New bearings, cleaned cones, good for another fifty. The ant was retired with honors.",
    ),
    CommentContent(
        post=19,
        text="Reading this at a bus stop. I would like to talk to you about 340.",
        reply="Come today. It is paid down already.",
    ),
    CommentContent(
        post=19,
        text='"Ugly as a boot, true wheels" is what I want on my headstone.',
    ),
    CommentContent(
        post=19,
        text="Adding forty for the one after that. Do I just come in?",
    ),
    CommentContent(
        post=20,
        text="Was that single track yours? It wobbles exactly once, by the bakery.",
    ),
    CommentContent(
        post=21,
        days_later=4,
        text="Rang it at a goose. The goose apologized.",
    ),
    CommentContent(
        post=21,
        days_later=4,
        text="Bought for my mother, who now uses it indoors.",
    ),
    CommentContent(
        post=22,
        days_later=1,
        text="Found KD on mine, swapped in four minutes, got a cookie. Thanks for being loud about it.",
    ),
    CommentContent(
        post=23,
        text="He teaches my kids. He rode it into the gym. He is a legend as of this morning.",
    ),
    CommentContent(
        post=24,
        days_later=2,
        text="The minute with the lights off. I did not know the city had that in it.",
    ),
    CommentContent(
        post=24,
        text="I am slow. How slow is too slow?",
        reply="We have Marcus at the back, and he stops to photograph icicles. You will be waiting for him.",
    ),
    CommentContent(
        post=24,
        days_later=2,
        text="Who makes the soup and will they marry me?",
    ),
    CommentContent(
        text=(
            "Brought in a department-store bike expecting a lecture. Got new brake pads and directions to the good "
            "hill."
        ),
    ),
    CommentContent(
        text="Do you ship built wheels to Alaska? Fairbanks, forty below, need a rear that will not quit.",
        reply="We do. Tell us hub, load and how far from help you ride; that changes the spoke count.",
    ),
    CommentContent(
        text="My receipt had the torque values written on the back. I have it framed in the garage.",
    ),
    CommentContent(
        text="Six months on the rebuilt commuter and all I have added is air.",
    ),
)
