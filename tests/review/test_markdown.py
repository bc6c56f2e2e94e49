import random

import pytest

from charts_src.review.escape import inline
from charts_src.review.markdown import comment
from charts_src.review.page import Bullets, Figure, Folded, Patch, Section, Table, Text

SMALL = (
    Section(
        "What changes",
        (
            Text("Two objects change."),
            Table(("object", "fields"), (("Deployment ray/head", "2"),), numbers=(1,)),
            Folded("ray: 1 changed", (Patch(("@@ spec.replicas @@", "- 1", "+ 2")),)),
            Figure("Waves", "<svg/>", "flowchart LR\n  a --> b\n"),
        ),
    ),
    Section("Gates", (Bullets(("replicas: Deployment x is at 0; raise it",)),), alarm=True),
)


def test_a_review_is_written_with_alarms_first_and_details_folded() -> None:
    assert comment("Review of prod", "1 finding", SMALL) == (
        "## Review of prod\n\n"
        "**1 finding**\n\n"
        "### 🛑 Gates\n\n"
        "- replicas: Deployment x is at 0; raise it\n\n"
        "### What changes\n\n"
        "Two objects change.\n\n"
        "| object | fields |\n|---|---:|\n| Deployment <code>ray/head</code> | 2 |\n\n"
        "<details><summary>ray: 1 changed</summary>\n\n"
        "```diff\n@@ spec.replicas @@\n- 1\n+ 2\n```\n\n"
        "</details>\n\n"
        "<details><summary>Waves</summary>\n\n"
        "```mermaid\nflowchart LR\n  a --> b\n```\n\n"
        "</details>\n"
    )


def test_a_picture_without_mermaid_is_on_the_page_alone() -> None:
    text = comment("t", "v", [Section("s", (Figure("Map", "<svg/>", ""),))])
    assert "<summary>Map</summary>\n\nThe page of the review has this picture.\n" in text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<script>x</script>", "<code>&#60;script&#62;x&#60;/script&#62;</code>"),
        ("@team please", "<code>&#64;team</code> please"),
        ("fixes #12", "fixes <code>&#35;12</code>"),
        ("GH-12", "<code>GH-12</code>"),
        ("see https://x.example/y.", "see <code>https://x.example/y</code>."),
        ("www.x.example", "<code>www.x.example</code>"),
        ("a :bomb: b", "a <code>:bomb</code>: b"),
        ("1. first", "<code>1</code>. first"),
        ("- item", "<code>-</code> item"),
        ("a | b", "a <code>&#124;</code> b"),
        (
            "**bold** `code` [x](y)",
            "<code>&#42;&#42;bold&#42;&#42;</code> <code>&#96;code&#96;</code> "
            "<code>&#91;x&#93;&#40;y&#41;</code>",
        ),
        ("costs $5", "costs <code>&#36;5</code>"),
        ("0123abcd4567", "<code>0123abcd4567</code>"),
        ("two\nlines", "two lines"),
        ("right\u202eleft", "<code>right&#92;u202eleft</code>"),
        ("raise it, then sync (once).", "raise it, then sync (once)."),
    ],
)
def test_text_is_neither_markup_nor_mention_nor_link(text: str, written: str) -> None:
    assert inline(text) == written


def test_backticks_in_a_diff_do_not_end_it() -> None:
    text = comment("t", "v", [Section("s", (Patch(("+ ```", "+ x")),))])
    assert "````diff\n+ ```\n+ x\n````\n" in text


def big(alarm: bool, rows: int = 300) -> Section:
    name = "Alarm" if alarm else "Quiet"
    return Section(
        name,
        (
            Text(f"{name} paragraph"),
            Table(("object",), tuple((f"{name} row {number}",) for number in range(rows))),
            Folded(f"{name} folded", (Text(f"{name} inside " * rows),)),
            Figure(f"{name} picture", "<svg/>", f"flowchart LR\n  {name}\n" * rows),
        ),
        alarm,
    )


@pytest.mark.parametrize(
    ("limit", "gone", "kept"),
    [
        (100_000, [], ["Quiet picture", "Quiet folded", "Quiet paragraph", "Quiet row 299"]),
        (30_000, ["picture"], ["Quiet folded", "Quiet paragraph", "Quiet row 299", "Alarm folded"]),
        (11_900, ["picture", "folded"], ["Quiet paragraph", "Quiet row 299", "Alarm row 299"]),
    ],
)
def test_what_does_not_fit_goes_in_the_order_of_its_use(limit: int, gone: list[str], kept: list[str]) -> None:
    text = comment("Review", "verdict", [big(alarm=False), big(alarm=True)], limit)
    assert len(text) <= limit
    assert not [word for word in gone if word in text]
    assert not [word for word in kept if word not in text]
    assert ("_Shortened" in text) == bool(gone)


def test_tables_of_the_rest_go_before_a_word_of_an_alarm() -> None:
    sections = [big(alarm=False), big(alarm=True)]
    whole = len(comment("Review", "verdict", sections, 11_900))
    text = comment("Review", "verdict", sections, whole - 1)
    assert "Alarm paragraph" in text
    assert "Quiet paragraph" not in text
    assert "Quiet row 299" in text
    short = comment("Review", "verdict", sections, whole - 2_000)
    assert "Alarm row 299" in short
    assert "Quiet row 299" not in short
    assert short.endswith("_Shortened: the page of the review has the whole._")


def test_no_comment_is_longer_than_its_limit() -> None:
    choice = random.Random(7)
    sections = [*SMALL, big(alarm=True, rows=40), big(alarm=False, rows=40)]
    for limit in (*range(130), *(choice.randrange(130, 12_000) for _ in range(300))):
        text = comment("Review of prod", "a verdict", sections, limit)
        assert len(text) <= limit
        assert text.count("```") % 2 == 0


def test_the_limit_leaves_room_below_that_of_github() -> None:
    text = comment("Review", "verdict", [big(alarm=True, rows=5_000)])
    assert 60_000 < len(text) < 65_000
