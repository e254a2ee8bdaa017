"""What bench posts say and show: of the length, and with the picture sizes, of real ones."""

from __future__ import annotations

import json
from typing import Any

SENTENCES = (
    "The new glazes came out of the kiln this morning, and for once nothing cracked.",
    "We open at nine on Saturday; the first twenty people get a bag of last week's beans.",
    "Thank you all for the patience while we moved: the shop on Mill Lane is finally ready.",
    "Every bowl is a little different, so come by and choose yours before the weekend.",
    "Our autumn tea is here, picked in the first week of October and dried in the old barn.",
    "Somebody asked whether we repair zips. We do, and we teach it on Thursday evenings too.",
    "这周六我们推出新的秋季茶单,欢迎大家来店里试饮,前二十位朋友有小礼物。",
    "The bakery next door made a cake with our chestnuts, and you should try it while it lasts.",
    "Restocked: the blue notebooks, the small brass rulers, and the pens that everyone keeps losing.",
    "It rained all week, so the mushrooms are cheap and very good.",
    "A short film about how the chairs are made is coming; here is a first picture from the workshop.",
    "Members who bought a plant in spring can bring it back for repotting, free, until the end of the month.",
)


def _variants() -> list[dict[str, Any]]:
    widths = (320, 640, 1080, 1600)
    return [
        {"name": f"media/7f/7f3a9c51e0b24d6f{width}.{form}", "width": width, "height": width * 3 // 4, "format": form}
        for width in widths
        for form in ("webp", "jpeg")
    ]


PICTURE = json.dumps(
    {"width": 4032, "height": 3024, "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "variants": _variants()}
)
