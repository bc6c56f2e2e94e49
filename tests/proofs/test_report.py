"""The report of all proofs, and what it does with objects that have no shape."""

from datetime import date

import pytest

from charts_src.errors import UserError
from charts_src.ledger import Pin
from charts_src.objects import Identity
from charts_src.proofs import report
from charts_src.proofs.expiry import past
from charts_src.proofs.report import prove
from charts_src.proofs.tree import objects_of
from tests.objects import thing
from tests.ray_environment import environment


def test_an_object_that_stops_one_proof_is_a_failure_of_it() -> None:
    broken = thing("PersistentVolumeClaim", "data", "shop", spec={"resources": "much"})
    found = prove({Identity.of(broken): broken}, environment())
    (volumes,) = (each for each in found.proven if each.name == "volumes")
    (failure,) = volumes.failures
    assert failure.message.startswith("has an object without the shape of its kind (AttributeError")
    assert len(found.proven) == len(report.PROOFS)


def test_an_object_that_stops_all_proofs_is_one_failure() -> None:
    broken = thing("apps/Deployment", "web", "shop")
    found = prove({Identity.of(broken): broken}, environment())
    assert [each.name for each in found.proven] == ["shape"]
    assert len(found.failures) == 1
    assert str(found).startswith("0 references, 0 pods on 0 kinds of nodes, 0 connections, 1 failures\n")


@pytest.mark.parametrize("text", ["kind: Pod\n", "- a\n", "apiVersion: v1\nkind: Pod\nmetadata: {}\n"])
def test_a_file_without_an_object_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(
        UserError, match=r"^shop/a\.yaml: no Kubernetes object with apiVersion, kind and name; "
    ):
        objects_of({"shop/a.yaml": text})


def pin(name: str, until: date | None) -> Pin:
    return Pin(name=name, kind="version", value="1", source="x", read=date(2026, 1, 1), supported_until=until)


def test_a_pin_past_its_support_fails_and_others_do_not() -> None:
    pins = [pin("old", date(2026, 6, 1)), pin("new", date(2026, 12, 1)), pin("other", None)]
    assert [str(each) for each in past(pins, date(2026, 6, 2))] == [
        "old 1: support ended 2026-06-01; pin a version that has it"
    ]
    assert past(pins, date(2026, 6, 1)) == []
