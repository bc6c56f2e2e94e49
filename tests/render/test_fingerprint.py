"""What is left out of the fingerprint of a render has no part in one."""

import subprocess
import sys

import pytest

from charts_src import ROOT, fingerprint

IMPORTED = """
import sys
import charts_src.docs, charts_src.helm.make, charts_src.incremental, charts_src.render
print(*(name for name in sys.modules if name.startswith("charts_src.")))
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.split(".")[1] for name in done.stdout.split()}


def test_renders_and_charts_import_nothing_that_is_beside_them(imported: set[str]) -> None:
    assert "components" in imported
    assert imported & {name.removesuffix(".py") for name in fingerprint.BESIDE} == set()


@pytest.mark.parametrize("name", fingerprint.BESIDE)
def test_what_is_beside_them_is_there(name: str) -> None:
    assert (ROOT / "charts_src" / name).exists()
