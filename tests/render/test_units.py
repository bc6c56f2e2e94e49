"""What makes a component fail to render, and how its files are named."""

import ast
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from cdk8s import ApiObject, App

from charts_src import render as rendering
from charts_src.errors import UserError
from charts_src.incremental import Record
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.registry import COMPONENTS
from charts_src.units import build, file_names
from tests.ray_environment import environment

if TYPE_CHECKING:
    from charts_src.incremental import Units

SOURCES = Path(rendering.__file__).parent
CONFIG: Body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}


def component(compose: Callable[[Component], object], name: str = "example") -> type[Component]:
    """Make a component from what it does when it composes itself."""
    members: dict[str, Any] = {
        "name": name,
        "target_namespace": "ai",
        "compose": compose,
        "__module__": __name__,
    }
    return type("Example", (Component,), members)


def failure(compose: Callable[[Component], object]) -> str:
    with pytest.raises(UserError) as error:
        build(component(compose), environment())
    return str(error.value)


def test_an_object_gets_the_namespace_and_labels_of_its_component() -> None:
    (body,) = component(lambda chart: chart.add(CONFIG))(App(), environment()).objects()
    assert body == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "settings",
            "namespace": "ai",
            "labels": {"app.kubernetes.io/name": "example", "app.kubernetes.io/part-of": "genai-on-eks"},
        },
        "data": {"a": "b"},
    }


def test_numbers_keep_their_value() -> None:
    large = CONFIG | {"data": {"n": 2**53 + 1}}
    (body,) = component(lambda chart: chart.add(large))(App(), environment()).objects()
    assert body["data"] == {"n": 9007199254740993}


def test_an_object_that_is_added_twice_is_refused() -> None:
    def compose(chart: Component) -> None:
        chart.add(CONFIG)
        chart.add(CONFIG)

    assert (
        failure(compose) == "ConfigMap ai/settings: described twice in component example; rename one of them"
    )


def test_two_constructs_of_one_object_are_both_named() -> None:
    def compose(chart: Component) -> None:
        chart.add(CONFIG)
        ApiObject(chart, "other", api_version="v1", kind="ConfigMap", metadata={"name": "settings"})

    assert failure(compose) == (
        "ConfigMap ai/settings: described twice, by example/ConfigMap ai--settings and example/other; "
        "rename one of them"
    )


def record(component: type[Component], env: Environment) -> Record:
    return Record([], "", build(component, env))


def test_two_components_of_one_object_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = tuple(component(lambda chart: chart.add(CONFIG), name) for name in ("one", "two"))
    monkeypatch.setattr(rendering, "COMPONENTS", twins)
    with pytest.raises(UserError) as error:
        rendering.render(environment(), cast("Units", SimpleNamespace(get=record)))
    assert str(error.value) == "ConfigMap ai/settings: described twice, by components one and two; rename one"


def test_a_field_that_no_schema_has_is_named() -> None:
    message = failure(lambda chart: chart.add(CONFIG | {"dat": {"a": "b"}}))
    assert message == "example: ConfigMap ai/settings: dat: unknown field (did you mean 'data'?)"


def test_an_object_that_breaks_a_policy_is_named() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "all"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}],
    }
    message = failure(lambda chart: chart.add(role))
    assert message == "example: Role ai/all: rules[0].verbs: has a wildcard; name what is needed"


def test_files_are_named_by_kind_and_name() -> None:
    assert file_names(
        [Identity("apps", "Deployment", "ai", "web"), Identity("", "Service", "ai", "web")]
    ) == [
        "deployment-web.yaml",
        "service-web.yaml",
    ]


def test_a_namespace_tells_files_apart() -> None:
    roles = [Identity("rbac.authorization.k8s.io", "Role", namespace, "r") for namespace in ("a", "b")]
    assert file_names(roles) == ["role-a-r.yaml", "role-b-r.yaml"]


def test_a_group_tells_files_apart() -> None:
    services = [Identity("", "Service", "a", "s"), Identity("serving.knative.dev", "Service", "a", "s")]
    assert file_names(services) == ["service-core-a-s.yaml", "service-serving.knative.dev-a-s.yaml"]


def test_a_colon_is_no_part_of_a_file_name() -> None:
    assert file_names([Identity("g", "ClusterRole", "", "system:x")]) == ["clusterrole-system-x.yaml"]


def test_objects_that_would_share_a_file_are_named() -> None:
    with pytest.raises(UserError) as error:
        file_names([Identity("g", "ClusterRole", "", "a:b"), Identity("g", "ClusterRole", "", "a-b")])
    assert str(error.value) == (
        "clusterrole-a-b.yaml: would hold ClusterRole a:b and ClusterRole a-b; rename one of them"
    )


# Architecture: what the recalling of components and the reading of the code rely on.


def modules(*folders: str) -> dict[str, ast.Module]:
    files = [file for folder in folders for file in sorted((SOURCES / folder).glob("*.py"))]
    return {f"charts_src.{file.parent.name}.{file.stem}": ast.parse(file.read_text()) for file in files}


def imported(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def defines_component(tree: ast.Module) -> bool:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return any(isinstance(base, ast.Name) and base.id == "Component" for c in classes for base in c.bases)


def test_components_do_not_import_one_another() -> None:
    parts = {
        name: tree for name, tree in modules("components", "workloads").items() if defines_component(tree)
    }
    assert len(parts) >= 5
    assert {name: found for name, tree in parts.items() if (found := imported(tree) & parts.keys())} == {}


def test_every_component_is_registered() -> None:
    parts = {name for name, tree in modules("components", "workloads").items() if defines_component(tree)}
    assert {each.__module__ for each in COMPONENTS} == parts


def test_only_the_command_line_prints_or_exits() -> None:
    allowed = {SOURCES / "cli.py", SOURCES / "__main__.py"}
    speaks = [
        file.name
        for file in sorted(SOURCES.rglob("*.py"))
        if file not in allowed
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.exit", "exit", "input")
    ]
    assert speaks == []


def test_cdk8s_is_fed_in_three_places() -> None:
    users = [
        file.relative_to(SOURCES).as_posix()
        for file in sorted(SOURCES.rglob("*.py"))
        if any(name.startswith("cdk8s") for name in imported(ast.parse(file.read_text())))
    ]
    assert users == ["lib/rbac.py", "manifest.py", "units.py"]
