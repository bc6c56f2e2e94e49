"""Pictures of a subject, cut to squares."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from genai import sources
from genai.errors import InputError


class Picture(NamedTuple):
    """A square picture."""

    pixels: torch.Tensor
    """[3, edge, edge], from -1 to 1."""
    size: tuple[int, int]
    """Height and width that it had, in pixels."""
    corner: tuple[int, int]
    """Top and left edge of the square in the picture once it was scaled, in pixels."""


def read(source: str, folder: Path, edge: int) -> list[Picture]:
    """Read all pictures of a source, in the order of their names, as squares of `edge` pixels.

    Raises InputError where there are none, or for a file that is no picture.
    """
    found = sources.fetch(source, folder, kind="dataset")
    files = sorted(path for path in found.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise InputError(f"{source}: has no pictures; put some there, 5 to 20 of one subject")
    return [_read(path, f"{source.rstrip('/')}/{path.relative_to(found)}", edge) for path in files]


def _read(path: Path, name: str, edge: int) -> Picture:
    try:
        with Image.open(path) as opened:
            whole = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{name}: no picture that can be read; remove it, or save it as PNG or JPEG"
        ) from error
    scale = edge / min(whole.size)
    width, height = (max(edge, round(length * scale)) for length in whole.size)
    scaled = whole.resize((width, height), Image.Resampling.LANCZOS)
    top, left = (height - edge) // 2, (width - edge) // 2
    square = scaled.crop((left, top, left + edge, top + edge))
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1).float() / 127.5 - 1
    return Picture(pixels, (whole.height, whole.width), (top, left))
