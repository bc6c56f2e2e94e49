import pytest

from charts_src.review.pictures.costs import Bar, mermaid, svg, text_of

BARS = (Bar("gpu", 10, 20), Bar("old", 5, None))


@pytest.mark.parametrize(
    ("bar", "text"),
    [
        (Bar("x", 1, 1), "$1.00"),
        (Bar("x", 1, 1234.5), "$1.00 → $1,234.50 (+$1,233.50)"),
        (Bar("x", 3, 1.75), "$3.00 → $1.75 (-$1.25)"),
        (Bar("x", None, 2), "+ $2.00"),
        (Bar("x", 2, None), "- $2.00"),
        (Bar("x", 0, 0, "trn9.large"), "$0.00, without trn9.large"),
    ],
)
def test_a_cost_says_what_it_was_and_what_is_not_in_it(bar: Bar, text: str) -> None:
    assert text_of(bar) == text


def test_bars_have_one_scale() -> None:
    picture = svg(BARS, "Ceiling")
    assert picture.splitlines()[1:-1] == [
        '<text text-anchor="end" x="228" y="23">gpu</text>',
        '<rect class="before" x="240" y="5" width="286.4" height="12" rx="2"/>',
        '<rect class="bar" x="240" y="19" width="572.7" height="12" rx="2"/>',
        '<text class="bold changed" x="820.7" y="23">$10.00 → $20.00 (+$10.00)</text>',
        '<text text-anchor="end" x="228" y="63">old</text>',
        '<rect class="before" x="240" y="45" width="143.2" height="12" rx="2"/>',
        '<text class="bold removed" x="391.2" y="63">- $5.00</text>',
        '<path class="grid" d="M240 0L240 76"></path>',
        '<text class="soft" x="4" y="100">Dashed: before. Filled: after. US dollars per hour.</text>',
    ]


def test_nothing_that_costs_is_a_picture_too() -> None:
    assert 'width="1"' in svg((Bar("x", 0, 0),), "t")


def test_mermaid_has_bars_for_after_and_a_line_for_before() -> None:
    assert mermaid(BARS, "Ceiling") == (
        'xychart-beta horizontal\n  title "Ceiling: bars after, line before"\n  x-axis ["gpu", "old"]\n'
        '  y-axis "US dollars per hour"\n  bar [20.00, 0.00]\n  line [10.00, 5.00]\n'
    )
