"""The page of a review of prod, and what GitHub draws of it, in a real browser."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from charts_src import ROOT
from charts_src.review.html import page
from charts_src.review.page import Bullets, Figure, Folded, Patch, Section, Table, Text
from charts_src.review.pictures import Bar, section
from tests.review.browser import Page, chromium
from tests.review.pictures.scenes import edited, prod, unchanged

pytestmark = pytest.mark.heavy

MERMAID = ROOT / ".cache" / "mermaid" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"

EDITS = {
    "node-pools/nodepool-gpu.yaml": ('nodes: "24"', 'nodes: "16"'),
    "stable-diffusion/rayservice-stable-diffusion-gpu.yaml": ("maxReplicas: 8", "maxReplicas: 9"),
}
BARS = {
    "Ceiling of prod": [
        Bar("gpu", 26.2, 52.4),
        Bar("a pool whose name is much longer than there is room for", 86, 86),
        Bar("gpu-training", None, 393.3, "p5.48xlarge reserved"),
        Bar("trainium2", 3.1, None),
    ]
}

# A box, and the text in it that sticks out of it, or of the picture; texts that lie on each other.
MEASURE = """
(() => {
  const faults = [], slack = 0.5;
  const inside = (a, b) => a.left >= b.left - slack && a.right <= b.right + slack
    && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
  const shared = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5;
  let texts = 0;
  for (const svg of document.querySelectorAll('svg')) {
    const name = svg.getAttribute('aria-label'), all = [];
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (!inside(box, svg.getBoundingClientRect()))
        faults.push(`${name}: ${text.textContent} leaves the picture`);
      const frame = text.closest('.tile, .cell')?.querySelector('rect');
      if (frame && !inside(box, frame.getBoundingClientRect()))
        faults.push(`${name}: ${text.textContent} leaves its box`);
      for (const other of all)
        if (shared(box, other.box)) faults.push(`${name}: ${text.textContent} lies on ${other.text}`);
      all.push({box, text: text.textContent});
    }
    texts += all.length;
  }
  for (const element of document.querySelectorAll('h1, h2, p, li, summary, figcaption, nav a'))
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
      faults.push(`${element.textContent} is wider than its place`);
  const root = document.documentElement;
  return {faults, texts, wide: root.scrollWidth, high: root.scrollHeight,
    ground: getComputedStyle(document.body).backgroundColor,
    tile: getComputedStyle(document.querySelector('svg .tile rect')).fill,
    pictures: document.querySelectorAll('svg').length};
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    gate = Section(
        "Gates of prod",
        (
            Text("One finding stops this pull request."),
            Bullets((f"deletion: Namespace {'long' * 40}: it is removed; sign it off by name",)),
            Patch(("@@ spec.limits.nodes @@", '- "16"', '+ "24"', f"+ {'x' * 300}")),
        ),
        alarm=True,
    )
    table = Table(("component", "changed"), (("llm", "0"), ("n" * 90, "1")), (1,))
    changes = Section("What changes in prod", (table, Folded("llm: 12 added", (Text("Twelve."),))))
    pictures = section(edited(EDITS, "llm"), BARS)
    file = tmp_path_factory.mktemp("review") / "review.html"
    file.write_text(page("Review of prod", "1 finding stops it", [changes, gate, pictures]), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(13, 17, 23)")])
def test_the_page_is_legible_and_asks_for_nothing(
    browser: Page, review: Path, tmp_path: Path, width: int, scheme: str, ground: str
) -> None:
    browser.open(review, width, scheme)
    seen: dict[str, Any] = browser.run(MEASURE)
    assert seen["faults"] == []
    assert seen["texts"] > 400
    assert seen["pictures"] == 5
    assert seen["wide"] == width
    assert 3_000 < seen["high"] < 9_000
    assert (seen["ground"], seen["tile"]) == (ground, ground)
    assert browser.requests() == [review.as_uri()]
    assert browser.complaints() == []
    browser.picture(tmp_path / f"review-{width}-{scheme}.png")
    assert (tmp_path / f"review-{width}-{scheme}.png").stat().st_size > 50_000


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_pictures_of_every_environment_are_legible(browser: Page, tmp_path: Path, name: str) -> None:
    file = tmp_path / "review.html"
    file.write_text(page("t", "v", [section(unchanged(name))]), encoding="utf-8")
    browser.open(file, 1280, "light")
    seen: dict[str, Any] = browser.run(MEASURE)
    assert seen["faults"] == []
    assert seen["pictures"] == 4


def test_a_wide_picture_scrolls_in_its_place_on_a_narrow_screen(browser: Page, review: Path) -> None:
    browser.open(review, 375, "light")
    places = browser.run(
        "[...document.querySelectorAll('figure .scroll')].map(each => [each.clientWidth, each.scrollWidth])"
    )
    assert len(places) == 5
    assert all(shown < 375 < whole for shown, whole in places)


def test_an_entry_of_the_contents_leads_to_its_part(browser: Page, review: Path) -> None:
    browser.open(review, 375, "light")
    browser.run("document.querySelector('nav li:last-child a').click()")
    assert browser.run("document.querySelector(location.hash + ' h2').textContent") == "Pictures of prod"


def test_the_measure_finds_text_that_leaves_its_box_or_lies_on_other_text(
    browser: Page, tmp_path: Path
) -> None:
    bad = (
        '<svg aria-label="bad" width="200" height="90" font-size="11">'
        '<g class="tile"><rect width="30" height="20"/>'
        '<text x="2" y="14">much too long</text></g><text x="40" y="14">over it</text>'
        '<text x="170" y="60">outside</text></svg>'
    )
    file = tmp_path / "bad.html"
    file.write_text(page("t", "v", [Section("s", (Figure("bad", bad, ""),))]), encoding="utf-8")
    browser.open(file, 1280, "light")
    assert browser.run(MEASURE)["faults"] == [
        "bad: much too long leaves its box",
        "bad: over it lies on much too long",
        "bad: outside leaves the picture",
    ]


def test_mermaid_draws_every_picture_as_it_is_meant(browser: Page, tmp_path: Path) -> None:
    added = edited(EDITS, "llm")
    removed = added._replace(old=added.new, new=added.old)
    sections = [section(pair, BARS) for pair in (prod(), added, removed)]
    figures = [each for part in sections for each in part.blocks if isinstance(each, Figure)]
    file = tmp_path / "mermaid.html"
    # What stands in a picture, without its style.
    shown = "[...picture.querySelectorAll('text, foreignObject')].map(each => each.textContent).join(' ')"
    script = f'<meta charset="utf-8"><script src="{MERMAID.as_uri()}"></script><div id="picture"></div>'
    file.write_text(script, encoding="utf-8")
    browser.open(file, 1280, "light")
    drawn: list[str] = []
    for number, figure in enumerate(figures):
        draw = f"mermaid.render('g{number}', {json.dumps(figure.mermaid)})"
        text = browser.run(f"{draw}.then(({{svg}}) => {{picture.innerHTML = svg; return {shown}}})")
        assert not re.search(r"#\d+;|Unsupported", text)
        assert len(text) > 60, figure.caption
        drawn.append(text)
    assert "~ Serving+ llm~ stable-diffusion" in drawn[5]
    assert "~ Serving- llm~ stable-diffusion" in drawn[10]
    assert "US dollars per hour" in text
    assert "trainium2" in text


def test_pictures_do_not_depend_on_the_order_of_sets() -> None:
    program = (
        "from tests.review.pictures.scenes import edited\n"
        "from charts_src.review.pictures import section\n"
        "from hashlib import sha256\n"
        "print(sha256(repr(section(edited({}, 'llm'))).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_make_says_how_to_get_a_browser() -> None:
    asked = subprocess.run(
        ["make", "-s", "chromium", "CHROMIUM=no-such-browser"], cwd=ROOT, capture_output=True, text=True
    )
    assert asked.returncode == 2
    assert asked.stderr.startswith(
        "Chromium is not there: apt-get install chromium fonts-dejavu-core, or say"
    )
