"""All parts of a review together, of what is really rendered."""

import json
from datetime import date

import pytest

from charts_src.review import html, markdown
from charts_src.review.gates.sign_offs import SignOff, SignOffs
from charts_src.review.report import Review, reviewed
from tests.review.effects.test_rendered import edited

TODAY = date(2026, 11, 24)
NOTHING = SignOffs()


def of(*edits: tuple[str, str, str], signed: SignOffs = NOTHING) -> Review:
    return reviewed("origin/main", (edited(*edits),), {"dev": signed}, TODAY)


@pytest.fixture(scope="module")
def bumped() -> Review:
    return of(("karpenter/", "controller:1.15.1", "controller:1.15.2"))


@pytest.fixture(scope="module")
def wider() -> Review:
    return of(("kuberay-operator/clusterrole-", "- list\n", "- list\n  - deletecollection\n"))


def test_a_bump_changes_what_it_says_and_nothing_speaks_against_it(bumped: Review) -> None:
    assert bumped.verdict == "dev: 1 changed, 0 added, 0 removed. Nothing speaks against it."
    assert not bumped.stops
    assert [section.title for section in bumped.sections] == [
        "Blast radius",
        "Danger gates in dev",
        "Size of the diff",
        "Capacity and cost",
        "Proofs",
        "Version bumps",
        "Changes in dev",
    ]


def test_what_has_to_be_made_anew_is_in_the_verdict() -> None:
    found = of(("storage/storageclass-fsx-scratch", "LZ4", "NONE"))
    assert found.verdict.startswith(
        "dev: 1 changed, 0 added, 0 removed; 1 to be made anew, which Argo CD does not do by itself."
    )


def test_programs_read_the_same(bumped: Review) -> None:
    data = json.loads(json.dumps(bumped.data()))
    assert (data["base"], data["stops"], data["diff"]["files"]) == ("origin/main", False, 1)
    dev = data["environments"]["dev"]
    assert dev["changes"] == [
        {
            "object": "Deployment karpenter/karpenter",
            "component": "karpenter",
            "status": "changed",
            "fields": ["spec.template.spec.containers[name=controller].image"],
        }
    ]
    assert [(each["subject"], each["when"], each["pods"]) for each in dev["restarts"]] == [
        ("Deployment karpenter/karpenter", "now", 2)
    ]
    assert dev["gates"]["open"] == []
    assert all(not proof["failures"] for proof in dev["proofs"])
    assert [(bump["old"], bump["new"]) for bump in data["bumps"]] == [("1.15.1", "1.15.2")]
    assert dev["cost"]["changes"] == []


def test_wider_permissions_stop_it(wider: Review) -> None:
    assert wider.stops
    assert wider.verdict.endswith("Look at: Danger gates in dev.")
    assert {each["gate"] for each in wider.data()["environments"]["dev"]["gates"]["open"]} == {"rbac"}


def test_what_is_signed_off_does_not_stop_it(wider: Review) -> None:
    found = {str(each.subject) for each in wider.verdicts["dev"].open}
    signed = SignOffs(tuple(SignOff("rbac", subject, "it cleans up") for subject in found))
    again = reviewed("origin/main", wider.pairs, {"dev": signed}, TODAY)
    assert not again.stops
    assert len(again.data()["environments"]["dev"]["gates"]["signed"]) == len(wider.verdicts["dev"].open)


def test_a_day_after_the_end_of_support_stops_it(bumped: Review) -> None:
    late = reviewed("origin/main", bumped.pairs, {"dev": NOTHING}, date(2040, 1, 1))
    assert late.stops
    assert late.data()["expired"]


def test_each_form_has_the_verdict_and_the_page_has_pictures(bumped: Review) -> None:
    drawn = bumped.pictures(["dev"])
    page = html.page(bumped.title, bumped.verdict, [*bumped.sections, *drawn])
    comment = markdown.comment(bumped.title, bumped.verdict, [*bumped.sections, *drawn])
    assert "Nothing speaks against it." in page
    assert "Nothing speaks against it." in comment
    assert page.count("<svg") >= 5
    assert len(comment) < 65536
