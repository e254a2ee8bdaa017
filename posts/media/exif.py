"""The one Exif field that we honour, read without trusting the rest (Exif 2.32, section 4.6; TIFF 6.0, section 2)."""

from typing import Final, Literal

ORIENTATION: Final = 0x0112
SHORT: Final = 3
MAX_FIELDS: Final = 512


def orientation(block: bytes) -> int:
    """How the picture lies, 1 (upright) to 8, from a TIFF block; 1 where the block says nothing that makes sense."""
    block = block.removeprefix(b"Exif\0\0")
    order: Literal["little", "big"] = "little" if block.startswith(b"II") else "big"
    at = int.from_bytes(block[4:8], order)
    fields = min(int.from_bytes(block[at : at + 2], order), MAX_FIELDS)
    for entry in range(at + 2, at + 2 + 12 * fields, 12):
        if int.from_bytes(block[entry : entry + 2], order) == ORIENTATION:
            value = int.from_bytes(block[entry + 8 : entry + 10], order)
            kind = int.from_bytes(block[entry + 2 : entry + 4], order)
            return value if kind == SHORT and 1 <= value <= 8 else 1
    return 1
