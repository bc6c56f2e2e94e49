from textwrap import dedent

import pytest

from charts_src.diff.compare import Change, compare
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.errors import UserError
from charts_src.objects import Identity

SETTINGS = Identity("", "ConfigMap", "ray", "settings")


def config_map(name: str, value: str) -> str:
    return dedent(f"""\
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {name}
          namespace: ray
        data:
          level: {value}
        """)


def test_equal_trees_have_no_changes() -> None:
    assert compare({"ray/a.yaml": config_map("a", "x")}, {"ray/a.yaml": config_map("a", "x")}) == []


def test_a_changed_field_is_listed_with_both_values() -> None:
    old = {"ray/configmap-settings.yaml": config_map("settings", "info")}
    new = {"ray/configmap-settings.yaml": config_map("settings", "debug")}
    assert compare(old, new) == [
        Change(SETTINGS, "ray", "changed", (FieldChange("data.level", "info", "debug"),)),
    ]


def test_an_added_object_is_listed() -> None:
    new = {"ray/configmap-settings.yaml": config_map("settings", "info")}
    assert compare({}, new) == [Change(SETTINGS, "ray", "added")]


def test_a_removed_object_is_listed() -> None:
    old = {"ray/configmap-settings.yaml": config_map("settings", "info")}
    assert compare(old, {}) == [Change(SETTINGS, "ray", "removed")]


def test_a_file_that_moved_within_its_component_is_no_change() -> None:
    text = config_map("settings", "info")
    assert compare({"ray/a.yaml": text}, {"ray/deep/b.yaml": text}) == []


def test_an_object_that_moved_to_another_component_changes_its_owner() -> None:
    text = config_map("settings", "info")
    assert compare({"ray/a.yaml": text}, {"jobs/a.yaml": text}) == [
        Change(SETTINGS, "jobs", "changed", (FieldChange("(component)", "ray", "jobs"),)),
    ]


def test_reordered_documents_are_no_change() -> None:
    one, two = config_map("a", "x"), config_map("b", "y")
    assert compare({"ray/a.yaml": f"{one}---\n{two}"}, {"ray/a.yaml": f"---\n{two}---\n{one}"}) == []


def test_a_bumped_api_version_is_a_field_and_not_another_object() -> None:
    text = "apiVersion: karpenter.sh/{}\nkind: NodePool\nmetadata: {{name: gpu}}\n"
    assert compare({"pools/a.yaml": text.format("v1beta1")}, {"pools/a.yaml": text.format("v1")}) == [
        Change(
            Identity("karpenter.sh", "NodePool", "", "gpu"),
            "pools",
            "changed",
            (FieldChange("apiVersion", "karpenter.sh/v1beta1", "karpenter.sh/v1"),),
        )
    ]


def test_another_group_is_another_object() -> None:
    text = "apiVersion: {}\nkind: Application\nmetadata: {{name: a}}\n"
    changes = compare({"x/a.yaml": text.format("argoproj.io/v1")}, {"x/a.yaml": text.format("app.k8s.io/v1")})
    assert [(change.status, change.identity.group) for change in changes] == [
        ("added", "app.k8s.io"),
        ("removed", "argoproj.io"),
    ]


def test_changes_are_sorted_by_component_kind_namespace_and_name() -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    new = {"b/1.yaml": service, "b/2.yaml": config_map("z", "x"), "b/3.yaml": config_map("a", "x")}
    new["a/4.yaml"] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ray}\n"
    assert [
        (change.component, change.identity.kind, change.identity.name) for change in compare({}, new)
    ] == [
        ("a", "Namespace", "ray"),
        ("b", "ConfigMap", "a"),
        ("b", "ConfigMap", "z"),
        ("b", "Service", "a"),
    ]


def test_a_file_at_the_top_of_the_tree_belongs_to_the_component_dot() -> None:
    assert [change.component for change in compare({}, {"root.yaml": config_map("a", "x")})] == ["."]


def test_values_of_a_secret_are_hidden() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {{name: token}}\nstringData: {{kept: k, password: {}}}\n"
    (change,) = compare({"ray/a.yaml": text.format("hunter1")}, {"ray/a.yaml": text.format("hunter2")})
    (field,) = change.fields
    assert (field.path, str(field.old), str(field.new)) == ("stringData.password", "(hidden)", "(hidden)")
    assert "hunter" not in repr(change)


def test_an_identical_file_is_not_even_parsed() -> None:
    assert compare({"ray/a.yaml": "{"}, {"ray/a.yaml": "{"}) == []


def test_provenance_is_not_an_object() -> None:
    assert compare({}, {"ray/provenance.yaml": "versions: {ray: 2.9}\n"}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n", "ray/a.yaml:2: not valid YAML: did not find expected node content; "),
        ("a: \x07\n", "ray/a.yaml: not valid YAML: "),
        ("- a\n", "ray/a.yaml: document 1: not a Kubernetes object but a list; "),
        (
            f"{config_map('a', 'x')}---\nkind: Job\n",
            "ray/a.yaml: document 2: not a Kubernetes object without ",
        ),
        (
            "apiVersion: v1\nkind: Job\nmetadata: {}\n",
            "ray/a.yaml: document 1: not a Kubernetes object without ",
        ),
        (
            "apiVersion: v1\nmetadata: {name: a}\n",
            "ray/a.yaml: document 1: not a Kubernetes object without kind",
        ),
        (
            "apiVersion: v1\nkind: Job\nmetadata: {name: a, namespace: 7}\n",
            "ray/a.yaml: document 1: not a Kubernetes object without metadata.namespace; write it",
        ),
        (
            f"{config_map('a', 'x')}---\n{config_map('a', 'y')}",
            "ray/a.yaml: ConfigMap ray/a is also in ray/a.yaml; ",
        ),
    ],
)
def test_a_file_of_anything_but_objects_is_named(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        compare({}, {"ray/a.yaml": text})
    assert str(caught.value).startswith(message)


def test_the_sentinel_is_not_null() -> None:
    text = "apiVersion: v1\nkind: Job\nmetadata: {{name: a}}\n{}"
    (change,) = compare({"ray/a.yaml": text.format("")}, {"ray/a.yaml": text.format("spec: null\n")})
    assert change.fields == (FieldChange("spec", MISSING, None),)
