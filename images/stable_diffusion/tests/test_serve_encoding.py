"""Pictures as PNG, read back by Pillow."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from stable_diffusion_serve import encoding


@pytest.mark.parametrize("size", [(1, 1), (64, 8), (512, 333)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_picture_comes_back_pixel_for_pixel_in_rgb(mode: str, size: tuple[int, int]) -> None:
    picture = Image.effect_noise(size, 80).convert(mode)
    back = Image.open(BytesIO(encoding.png(picture)))
    assert (back.format, back.mode) == ("PNG", "RGB")
    assert np.array_equal(np.asarray(back), np.asarray(picture.convert("RGB")))


def test_pillow_verifies_its_checksums() -> None:
    png = encoding.png(Image.effect_noise((16, 16), 80).convert("RGB"))
    Image.open(BytesIO(png)).verify()
    broken = png.replace(b"IDAT", b"IDAT\0", 1)
    with pytest.raises(Exception, match="broken PNG"):
        Image.open(BytesIO(broken)).verify()
