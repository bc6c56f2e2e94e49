"""What metadata has to say, and what protects an object from a commit."""

import pytest

from charts_src.objects import Body, Identity
from charts_src.proofs.metadata import ALONE, wrong
from charts_src.registry import COMPONENTS
from tests.objects import thing

LABELS = {"app.kubernetes.io/name": "shop", "app.kubernetes.io/part-of": "platform"}


def labelled(kind: str, name: str, namespace: str = "shop", **labels: str) -> Body:
    body = thing(kind, name, namespace)
    body["metadata"]["labels"] = LABELS | labels
    return body


def problems(*bodies: Body) -> list[str]:
    usual = [labelled("ConfigMap", "one"), labelled("ConfigMap", "two")]
    return [str(each) for each in wrong({Identity.of(body): body for body in (*usual, *bodies)})]


def test_objects_that_say_where_they_belong_are_fine() -> None:
    own = labelled("Service", "web", **{"app.kubernetes.io/name": "web"})
    assert problems(own) == []


@pytest.mark.parametrize(
    ("label", "value", "message"),
    [
        (
            "app.kubernetes.io/name",
            "",
            "has no label app.kubernetes.io/name; write the name of its component",
        ),
        (
            "app.kubernetes.io/name",
            "shops",
            "is the only object with the label app.kubernetes.io/name: shops; write the name of its "
            "component",
        ),
        (
            "app.kubernetes.io/part-of",
            "platforms",
            "has not the label app.kubernetes.io/part-of: platform, as all others have; write it",
        ),
    ],
)
def test_a_label_that_can_not_be_right_is_found(label: str, value: str, message: str) -> None:
    assert problems(labelled("Service", "web", **{label: value})) == [f"Service shop/web: {message}"]


def test_a_namespace_where_none_belongs_and_none_where_one_does_is_found() -> None:
    assert problems(labelled("Service", "web", "")) == [
        "Service web: has no namespace; it would get into whichever is current"
    ]
    assert problems(labelled("scheduling.k8s.io/PriorityClass", "high")) == [
        "PriorityClass shop/high: is of the whole cluster and has a namespace; leave it out"
    ]


def test_a_definition_with_a_name_that_the_api_server_refuses_is_found() -> None:
    body = labelled("apiextensions.k8s.io/CustomResourceDefinition", "carts.example.org", "")
    body["spec"] = {"group": "example.com", "names": {"kind": "Cart", "plural": "carts"}}
    assert any(each.endswith("must be named carts.example.com") for each in problems(body))


def test_a_claim_that_a_commit_could_delete_is_found() -> None:
    body = labelled("PersistentVolumeClaim", "data")
    body["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
    assert problems(body) == [
        "PersistentVolumeClaim shop/data: lacks IgnoreExtraneous in argocd.argoproj.io/compare-options: "
        "its deletion takes data or other objects along"
    ]
    body["metadata"]["annotations"]["argocd.argoproj.io/compare-options"] = "IgnoreExtraneous"
    assert problems(body) == []


def test_components_with_one_object_are_components() -> None:
    assert {component.name for component in COMPONENTS} >= set(ALONE)
