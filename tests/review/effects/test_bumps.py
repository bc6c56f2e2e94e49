"""The table of versions that change."""

from typing import Any

import pytest

from charts_src.diff.fields import FieldChange
from charts_src.objects import Body
from charts_src.review.effects import bumps
from charts_src.review.effects.bumps import Raised
from charts_src.review.effects.versions import Image, images_in
from charts_src.review.page import Section, Table, Text
from charts_src.review.read import pair_of
from tests.review.effects.pairs import body, pair, workload

DIGEST = f"sha256:{'0123456789ab' * 5}cdef"


def rows(old: Body, new: Body) -> list[tuple[str, str, str]]:
    return [(each.what, each.old, each.new) for each in bumps.bumps([pair([old], [new])])]


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("quay.io/a/b:v1", Image("quay.io/a/b", "v1")),
        (f"quay.io/a/b:v1@{DIGEST}", Image("quay.io/a/b", f"v1@{DIGEST}")),
        (f"quay.io/a/b@{DIGEST}", Image("quay.io/a/b", DIGEST)),
        ("registry.example.com:5000/b:1.2-x", Image("registry.example.com:5000/b", "1.2-x")),
        ("--reloader=quay.io/a/b:v1", Image("quay.io/a/b", "v1")),
        ('{"image": "quay.io/a/b:v1"}', Image("quay.io/a/b", "v1")),
    ],
)
def test_an_image_is_read_wherever_it_stands(text: str, image: Image) -> None:
    assert [*images_in(text)] == [image]


@pytest.mark.parametrize(
    "text", ["busybox:1", "https://example.com/a:80/b", "quay.io/a/b", "10.0.0.1:80", "a/b:c"]
)
def test_what_is_no_image_with_a_registry_and_a_version_is_left_alone(text: str) -> None:
    assert [*images_in(text)] == []


def test_an_image_of_a_pod_goes_from_tag_to_tag() -> None:
    old, new = (workload("Deployment", f"quay.io/a/b:{tag}") for tag in ("v1", "v2"))
    assert rows(old, new) == [("quay.io/a/b", "v1", "v2")]


def test_an_image_in_an_argument_is_found() -> None:
    def deployment(tag: str) -> Body:
        made = workload("Deployment")
        made["spec"]["template"]["spec"]["containers"][0]["args"] = [f"--sidecar=quay.io/a/c:{tag}"]
        return made

    assert rows(deployment("1"), deployment("2")) == [("quay.io/a/c", "1", "2")]


def test_an_image_in_a_custom_resource_is_found() -> None:
    old, new = (body("a.b/v1", "A", {"image": f"quay.io/a/b:{tag}"}) for tag in ("v1", "v2"))
    assert rows(old, new) == [("quay.io/a/b", "v1", "v2")]


def test_an_image_in_a_file_of_a_config_map_is_found() -> None:
    def settings(tag: str) -> Body:
        return body("v1", "ConfigMap", data={"a.py": f"first\nimage = 'quay.io/a/b:{tag}'\nlast"})

    assert rows(settings("v1"), settings("v2")) == [("quay.io/a/b", "v1", "v2")]


def test_an_image_that_moves_is_written_out() -> None:
    old, new = (workload("Deployment", f"{name}:v1") for name in ("quay.io/a/b", "mirror.example.com/a/b"))
    assert rows(old, new) == [("mirror.example.com/a/b", "quay.io/a/b:v1", "mirror.example.com/a/b:v1")]


def test_a_container_that_is_new_is_no_bump() -> None:
    new = workload("Deployment")
    new["spec"]["template"]["spec"]["containers"].append({"name": "more", "image": "quay.io/a/c:v1"})
    assert rows(workload("Deployment"), new) == []


def test_two_images_that_change_places_are_no_bump() -> None:
    def deployment(*images: str) -> Body:
        made = workload("Deployment")
        made["spec"]["template"]["spec"]["containers"] = [
            {"name": name, "image": image} for name, image in zip("ab", images, strict=True)
        ]
        return made

    one, other = "quay.io/a/b:v1", "quay.io/a/b:v2"
    assert rows(deployment(one, other), deployment(other, one)) == []


@pytest.mark.parametrize(
    ("api", "kind", "path", "old", "new", "what"),
    [
        ("ray.io/v1", "RayCluster", "rayVersion", "2.59.0", "2.60.0", "rayVersion of RayCluster"),
        ("a.b/v1", "Prometheus", "version", "v3.13.0", "v3.14.0", "version of Prometheus"),
        ("argoproj.io/v1alpha1", "Application", "targetRevision", "1", "2", "targetRevision of Application"),
    ],
)
def test_a_field_that_is_a_version_is_a_bump(
    api: str, kind: str, path: str, old: str, new: str, what: str
) -> None:
    found = rows(body(api, kind, {path: old}), body(api, kind, {path: new}))
    assert found == [(what, old, new)]


def test_a_label_with_a_version_is_a_bump() -> None:
    old, new = workload("Deployment"), workload("Deployment")
    for made, version in ((old, "1"), (new, "2")):
        made["metadata"]["labels"] = {"app.kubernetes.io/version": version}
    assert rows(old, new) == [("app.kubernetes.io/version of Deployment", "1", "2")]


def test_another_version_of_an_api_is_a_bump() -> None:
    old, new = (body(f"kueue.x-k8s.io/{version}", "LocalQueue", {}) for version in ("v1beta1", "v1beta2"))
    assert rows(old, new) == [
        ("apiVersion of LocalQueue", "kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2")
    ]


def test_the_alias_of_an_ami_is_a_bump() -> None:
    old, new = (
        body("karpenter.k8s.aws/v1", "EC2NodeClass", {"amiSelectorTerms": [{"alias": f"al2023@{version}"}]})
        for version in ("v20260714", "v20260801")
    )
    assert rows(old, new) == [("AMI alias al2023", "v20260714", "v20260801")]


def test_another_family_of_amis_is_written_out() -> None:
    old, new = (
        body("karpenter.k8s.aws/v1", "EC2NodeClass", {"amiSelectorTerms": [{"alias": alias}]})
        for alias in ("al2023@v1", "bottlerocket@v2")
    )
    assert rows(old, new) == [("AMI alias", "al2023@v1", "bottlerocket@v2")]


def cluster(version: str, addon: str) -> Body:
    metadata = {"name": "genai", "version": version}
    return {
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": metadata,
        "addons": [{"name": "vpc-cni", "version": addon}],
    }


def test_the_cluster_and_its_addons_are_bumps() -> None:
    found = bumps.bumps([pair([cluster("1.34", "v1")], [cluster("1.35", "v2")], component="aws")])
    assert [(each.what, each.old, each.new) for each in found] == [
        ("EKS addon vpc-cni", "v1", "v2"),
        ("Kubernetes", "1.34", "1.35"),
    ]


def test_the_release_of_a_component_is_a_bump() -> None:
    old, new = (
        {"provenance.yaml": f"components:\n  karpenter:\n    versions:\n      karpenter: {version}\n"}
        for version in ("1.15.0", "1.15.1")
    )
    assert bumps.bumps([pair_of("prod", (None, old), (None, new))]) == [
        Raised("release of karpenter", "1.15.0", "1.15.1", (), ("karpenter",), ("prod",))
    ]


def test_all_environments_share_one_row_for_a_bump() -> None:
    old, new = (workload("Deployment", f"quay.io/a/b:{tag}") for tag in ("v1", "v2"))
    pairs = [pair([old], [new], name=name) for name in ("dev", "prod")]
    assert bumps.bumps(pairs) == [
        Raised(
            "quay.io/a/b",
            "v1",
            "v2",
            ("dev: Deployment.apps ns/x", "prod: Deployment.apps ns/x"),
            ("app",),
            ("dev", "prod"),
        )
    ]
    assert bumps.section(pairs) == Section(
        "Version bumps",
        (
            Table(
                ("what", "from", "to", "objects", "components", "environments"),
                (("quay.io/a/b", "v1", "v2", "2", "app", "dev, prod"),),
                numbers=(3,),
            ),
        ),
    )


def test_digests_are_shortened_in_the_table() -> None:
    old, new = (workload("Deployment", f"quay.io/a/b:{tag}@{DIGEST}") for tag in ("v1", "v2"))
    (table,) = bumps.section([pair([old], [new])]).blocks
    assert isinstance(table, Table)
    assert table.rows[0][1:3] == ("v1@sha256:0123456789ab…", "v2@sha256:0123456789ab…")


def test_nothing_is_said_where_no_version_changes() -> None:
    assert bumps.section([pair([], [])]) == Section("Version bumps", (Text("No image or version changes."),))


def test_values_of_secrets_are_not_read() -> None:
    def secret(tag: str) -> Body:
        return body("v1", "Secret", stringData={"a": f"quay.io/a/b:{tag}"})

    assert rows(secret("v1"), secret("v2")) == []


def test_a_field_change_of_other_types_is_no_bump() -> None:
    from charts_src.review.effects.versions import field_bumps

    changed: tuple[Any, Any] = (1, 2)
    assert [*field_bumps("A", (FieldChange("spec.version", *changed),))] == []
