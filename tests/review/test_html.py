import re
from html.parser import HTMLParser

import pytest

from charts_src.review.html import page
from charts_src.review.page import Bullets, Figure, Folded, Patch, Section, Table, Text
from charts_src.review.style import DARK, LIGHT

EVIL = "<script>alert('1')</script>\"&\u202e"
SAFE = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&quot;&amp;\\u202e"


def body(*sections: Section, title: str = "t", verdict: str = "v") -> str:
    return page(title, verdict, sections).partition("<body>")[2]


def test_a_review_is_written_with_alarms_first_and_a_table_of_contents() -> None:
    quiet = Section(
        "Changes",
        (
            Table(("object", "fields"), (("ray", "2"),), numbers=(1,)),
            Folded("more", (Patch(("@@ a @@", "- 1", "+ 2", "  3")),)),
            Figure("Map", "<svg></svg>", ""),
        ),
    )
    alarm = Section("Gates", (Text("Stop."), Bullets(("one", "two"))), alarm=True)
    stop = '<span class="mark alarm">Stop</span>'
    scroll = '<div class="scroll" tabindex="0" role="region" aria-label='
    assert body(quiet, alarm, title="Review", verdict="1 finding") == (
        "\n<header>\n<h1>Review</h1>\n"
        '<p class="verdict alarm"><span class="mark">Stop</span>1 finding</p>\n</header>\n'
        '<nav aria-label="Parts of the review">\n<ol>\n'
        f'<li><a href="#part-1">{stop}Gates</a></li>\n'
        '<li><a href="#part-2">Changes</a></li>\n'
        "</ol>\n</nav>\n<main>\n"
        '<section id="part-1" aria-labelledby="title-1">\n'
        f'<h2 id="title-1">{stop}Gates</h2>\n'
        "<p>Stop.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n</section>\n"
        '<section id="part-2" aria-labelledby="title-2">\n'
        '<h2 id="title-2">Changes</h2>\n'
        f'{scroll}"Table"><table>\n<thead>\n<tr><th scope="col">object</th>'
        '<th scope="col" class="n">fields</th></tr>\n</thead>\n<tbody>\n'
        '<tr><td>ray</td><td class="n">2</td></tr>\n</tbody>\n</table></div>\n'
        "<details>\n<summary>more</summary>\n"
        f'{scroll}"Diff"><pre><span class="h">@@ a @@</span><span class="r">- 1</span>'
        '<span class="a">+ 2</span><span>  3</span></pre></div>\n</details>\n'
        f'<figure>\n<figcaption>Map</figcaption>\n{scroll}"Map"><svg></svg></div>\n</figure>\n'
        "</section>\n</main>\n</body>\n</html>\n"
    )


def test_without_an_alarm_the_verdict_is_a_pass() -> None:
    assert '<p class="verdict"><span class="mark">Pass</span>v</p>' in body(Section("s", ()))


@pytest.mark.parametrize(
    "block",
    [
        Text(EVIL),
        Bullets((EVIL,)),
        Table((EVIL,), ((EVIL,),)),
        Patch((EVIL,)),
        Folded(EVIL, ()),
        Figure(EVIL, "", ""),
    ],
    ids=lambda block: type(block).__name__,
)
def test_no_text_is_markup(block: Text | Bullets | Table | Patch | Folded | Figure) -> None:
    written = page(EVIL, EVIL, [Section(EVIL, (block,))])
    assert "<script" not in written
    assert "\u202e" not in written
    assert written.count(SAFE) >= 6


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]


def test_a_page_has_no_script_and_loads_nothing() -> None:
    reader = _Reader()
    written = page("t", "v", [Section("a", ()), Section("b", (Text("x"),))])
    reader.feed(written)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert reader.links == ["#part-1", "#part-2"]
    assert not re.search(r"url\(|@import", written)
    assert "default-src 'none'; style-src 'unsafe-inline'" in written


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _mixed(over: str, under: str, share: float) -> str:
    pairs = ((int(over[at : at + 2], 16), int(under[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_every_ground_it_is_on(palette: dict[str, str]) -> None:
    grounds = {"ink": ("paper", "panel", "added-bg", "changed-bg", "removed-bg"), "soft": ("paper", "panel")}
    grounds["accent"] = ("paper", "panel", "accent-bg")
    grounds["soft"] += ("added-bg", "changed-bg", "removed-bg")
    for mark in ("added", "changed", "removed"):
        grounds[mark] = ("paper", f"{mark}-bg")
    low = {
        (text, ground): round(_contrast(palette[text], palette[ground]), 2)
        for text, many in grounds.items()
        for ground in many
        if _contrast(palette[text], palette[ground]) < 4.5
    }
    assert low == {}
    # The darkest cell of a matrix.
    assert _contrast(palette["ink"], _mixed(palette["accent"], palette["paper"], 0.36)) > 4.5
