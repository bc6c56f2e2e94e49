"""Pictures as bytes."""

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

_LEVEL = 1
"""Of zlib: the fastest. Higher ones take several times as long for a few per cent."""


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
    """Encode a picture."""
    file = BytesIO()
    image.save(file, format="PNG", compress_level=_LEVEL)
    return file.getvalue()


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
