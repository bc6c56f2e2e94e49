"""Pictures as bytes."""

import base64
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from isal import isal_zlib

if TYPE_CHECKING:
    from PIL.Image import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _RGB = 8, 2
_UP = 2
"""Filter of a row: the difference to the row above."""


class Picture(NamedTuple):
    """What the model gave for a job."""

    png: bytes
    seed: int
    batch: int
    """Pictures of the same call."""
    seconds: dict[str, float]
    """Where the time went: queue, model, encode."""


class Refusal(NamedTuple):
    """What the model can't do; an exception would come back with a traceback."""

    message: str


def png(image: "Image") -> bytes:
    """Encode a picture as PNG (third edition of the specification) in RGB, without interlacing.

    Pillow tries five filters on each row, which takes ten times as long for no smaller file.
    """
    pixels = np.asarray(image.convert("RGB"))
    height, width, colours = pixels.shape
    rows = np.empty((height, 1 + width * colours), np.uint8)
    rows[:, 0] = _UP
    flat = pixels.reshape(height, -1)
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, _BITS, _RGB, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": isal_zlib.compress(rows, 1), b"IEND": b""}
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks.items())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", isal_zlib.crc32(kind + data))


def listing(pictures: list[Picture]) -> dict[str, Any]:
    """Give the body of an answer with several pictures."""
    return {
        "images": [
            {"png": base64.b64encode(each.png).decode("ascii"), "seed": each.seed} for each in pictures
        ]
    }


def timing(pictures: list[Picture]) -> str:
    """Give the header Server-Timing (milliseconds), of the picture that took longest."""
    slowest = max(pictures, key=lambda each: sum(each.seconds.values()))
    return ", ".join(f"{name};dur={value * 1000:.1f}" for name, value in slowest.seconds.items())
