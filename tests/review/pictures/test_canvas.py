import pytest

from charts_src.review.pictures.canvas import Canvas
from charts_src.review.pictures.mermaid import flowchart, label, node
from charts_src.review.pictures.metrics import fit, width, wrap


def drawn(canvas: Canvas) -> list[str]:
    """Give the shapes of a picture, without its head and style."""
    return canvas.svg(100, 50, "title").splitlines()[1:-1]


def test_a_tile_has_its_sign_its_text_and_what_shows_on_hover() -> None:
    canvas = Canvas()
    canvas.tile((10, 20, 120, 36), ["ray", "4 objects"], mark="added", hover="ray: 4 objects")
    assert drawn(canvas) == [
        '<g class="tile added"><title>ray: 4 objects</title>'
        '<rect x="10" y="20" width="120" height="36" rx="6"/>'
        '<text class="bold" x="18" y="35">+ ray</text>'
        '<text class="soft" style="font-size:10px" x="18" y="49">4 objects</text></g>'
    ]


def test_names_in_a_picture_are_text() -> None:
    canvas = Canvas()
    canvas.tile((0, 0, 400, 20), ['<script>"&'], hover="</title><script>")
    canvas.text(0, 0, "<b>")
    canvas.turned(0, 0, "<b>")
    canvas.cell((0, 0), 30, "<b>", hover="<b>")
    canvas.line([(0, 0), (1, 1)], hover="<b>")
    written = canvas.svg(10, 10, "<script>")
    assert "<script" not in written
    assert "<b>" not in written
    assert "&lt;script&gt;&quot;&amp;" in written


@pytest.mark.parametrize(
    ("end", "line", "head"),
    [
        ((30, 10), "M10 10L23 10", "30,10 23,14 23,6"),
        ((10, 30), "M10 10L10 23", "10,30 14,23 6,23"),
        ((0, 10), "M10 10L7 10", "0,10 7,6 7,14"),
    ],
)
def test_an_arrow_ends_in_its_head(end: tuple[float, float], line: str, head: str) -> None:
    canvas = Canvas()
    canvas.arrow([(10, 10), end])
    assert drawn(canvas) == [
        f'<path class="wire" d="{line}"></path>',
        f'<polygon class="tip" points="{head}"/>',
    ]


def test_a_picture_says_what_it_is_and_brings_its_colours() -> None:
    head = Canvas().svg(100, 50, "Waves").splitlines()[0]
    assert head.startswith(
        '<svg xmlns="http://www.w3.org/2000/svg" class="pic" role="img" aria-label="Waves" '
        'viewBox="-2 -2 104 54" width="104" height="54"><title>Waves</title><style>.pic{--paper:#ffffff;'
    )
    assert "@media(prefers-color-scheme:dark){.pic{--paper:#0d1117;" in head


def test_text_that_has_no_room_ends_in_an_ellipsis() -> None:
    assert fit("karpenter", 10, 100) == "karpenter"
    assert fit("karpenter", 10, 40) == "karpe…"
    assert 34 < width("karpe…", 10) <= 40
    assert fit("karpenter", 10, 0) == "…"


def test_a_name_breaks_after_hyphens_and_spaces() -> None:
    assert wrap("aws-load-balancer-controller", 10, 110) == ["aws-load-balancer-", "controller"]
    assert wrap("two of them", 10, 45) == ["two of", "them"]


def test_a_label_of_mermaid_has_no_syntax_in_it() -> None:
    assert label('a"]-->b', "x<br>y#1;") == '"a#34;#93;--#62;b<br/>x#60;br#62;y#35;1#59;"'
    assert label("ray", mark="removed") == '"#45; ray"'


def test_a_flowchart_has_the_classes_that_it_uses() -> None:
    lines = iter([node("a", "one", mark="added"), "a --> b"])
    assert flowchart("LR", lines) == (
        'flowchart LR\n  a["#43; one"]:::added\n  a --> b\n'
        "  classDef added fill:#dafbe1,stroke:#0f6e31,color:#1f2328\n"
    )
