"""Every chart gives what the constructs give: for each environment, and after a change of each value."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts_src import ROOT, config, state
from charts_src.helm import probe
from charts_src.helm.build import charts
from charts_src.helm.chart import Chart
from charts_src.helm.experiments import Change, changed, changes, data_of, objects
from charts_src.helm.fields import Data, Where, lookup, shape_of
from charts_src.helm.make import NAME, having, version, write_files
from charts_src.helm.programs import HELM3, HELM4
from charts_src.helm.template import KEY
from charts_src.helm.umbrella import umbrella
from charts_src.helm.values import model_path, values
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.registry import COMPONENTS

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("charts")]

ENVIRONMENTS = config.load_all(state.ENVIRONMENTS)
HELMS = [pytest.param(HELM3, id="helm3"), pytest.param(HELM4, id="helm4")]
Objects = dict[tuple[str, str, str, str], Any]


@pytest.fixture(scope="session")
def made() -> dict[str, Chart]:
    return charts(ENVIRONMENTS, version())


@pytest.fixture(scope="session")
def folder(made: dict[str, Chart], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("charts")
    for name, one in made.items():
        write_files(root / name, one.files)
    write_files(root / NAME, umbrella(made, ENVIRONMENTS, having(ENVIRONMENTS)))
    return root


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_each_chart_gives_what_is_rendered(helm: Path, env: str, folder: Path) -> None:
    names = sorted(each.name for each in COMPONENTS if (ROOT / "rendered" / env / each.name).is_dir())

    def one(name: str) -> tuple[str, list[str]]:
        found = template(helm, folder / name, f"values/{env}.yaml")
        return name, differences(found, rendered(env, name))

    with ThreadPoolExecutor(2) as pool:
        wrong = {name: found for name, found in pool.map(one, names) if found}

    assert wrong == {}


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_chart_of_the_platform_gives_all_of_it(helm: Path, env: str, folder: Path) -> None:
    found = template(helm, folder / NAME, f"values/{env}.yaml")

    names = [each.name for each in COMPONENTS if (ROOT / "rendered" / env / each.name).is_dir()]
    assert (
        differences(found, {key: body for name in names for key, body in rendered(env, name).items()}) == []
    )


@pytest.mark.parametrize("helm", HELMS)
def test_lint_finds_nothing(helm: Path, folder: Path) -> None:
    def one(path: Path) -> tuple[str, str]:
        done = subprocess.run([helm, "lint", "--strict", path], capture_output=True, text=True, check=False)
        return path.name, done.stdout if done.returncode else ""

    with ThreadPoolExecutor(2) as pool:
        wrong = {name: text for name, text in pool.map(one, sorted(folder.iterdir())) if text}

    assert wrong == {}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.name)
def test_a_change_of_each_value_changes_what_it_changes_in_an_environment(
    component: type[Component], made: dict[str, Chart], folder: Path, tmp_path: Path
) -> None:
    chart = made[component.name]
    wrong: dict[str, str] = {}
    for number, field in enumerate(sorted(leaves(chart))):
        found = next(effects(component, chart, field), None)
        if found is None:
            wrong[".".join(field)] = "changes nothing"
            continue
        change, data, expected = found
        file = tmp_path / f"{number}.yaml"
        file.write_text(json.dumps(over_defaults(chart, values(data, chart.fields))), encoding="utf-8")
        try:
            different = differences(
                template(HELM4, folder / component.name, str(file)), keyed(expected.values())
            )
        except AssertionError as error:
            different = [str(error)]
        if different:
            wrong[".".join(field)] = f"{change}: {different[:3]}"

    assert wrong == {}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.name)
def test_a_value_of_a_wrong_type_is_refused_by_name(
    component: type[Component], made: dict[str, Chart], folder: Path
) -> None:
    chart = made[component.name]
    accepted = []
    for field in sorted(each for each in leaves(chart) if "*" not in each):
        shape = shape_of(model_path(field))
        wrong: Any = "not this" if shape.keys or shape.section else {"not": "this"}
        given = f"{'.'.join(part.replace('.', chr(92) + '.') for part in field)}={json.dumps(wrong)}"
        done = subprocess.run(
            [HELM4, "template", folder / component.name, "--set-json", given],
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.returncode or field[-1] not in done.stderr:
            accepted.append((field, done.stderr[-300:]))

    assert accepted == []


def test_an_unknown_value_is_refused(folder: Path) -> None:
    done = subprocess.run(
        [HELM4, "template", folder / "karpenter", "--set", "karpenter.replica=1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode
    assert "additional properties 'replica' not allowed" in done.stderr


def test_a_decision_that_a_chart_cannot_follow_is_refused(folder: Path) -> None:
    left = json.loads((folder / "karpenter" / "decisions.json").read_text())["prod"]
    assert "karpenter/node_pools/gpu/replicas" in left
    section = data_of(ENVIRONMENTS["prod"])["karpenter"]
    section["node_pools"]["gpu"]["replicas"] = 2
    values_ = json.dumps({"global": {"name": "prod", "karpenter": json.loads(json.dumps(section))}})
    done = subprocess.run(
        [HELM4, "template", folder / "karpenter", "--values", "/dev/stdin"],
        input=values_,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode
    assert (
        "karpenter.node_pools.gpu.replicas: this chart was made with null and can't follow 2; make charts"
        in done.stderr
    )


def leaves(chart: Chart) -> Iterator[tuple[str, ...]]:
    """Give the values of a chart that have no values inside, but for names of entries."""
    for field in chart.fields:
        inner = [each for each in chart.fields if len(each) > len(field) and each[: len(field)] == field]
        ends = KEY not in field and not [each for each in inner if each[-1] != KEY]
        if ends and field != ("name",) and not is_fixed(chart, field):
            yield field


def is_fixed(chart: Chart, field: tuple[str, ...]) -> bool:
    """Say whether a field has nothing but the names of its entries, and the schema takes no others."""
    schema: Any = json.loads(chart.files["values.schema.json"])
    for part in field:
        entries = schema.get("properties", {})
        schema = entries[part] if part in entries else schema.get("additionalProperties") or {}
    return bool(schema.get("properties")) and schema.get("additionalProperties") is False


def effects(
    component: type[Component], chart: Chart, field: tuple[str, ...]
) -> Iterator[tuple[Change, Data, dict[str, Any]]]:
    """Give changes of a field that change objects, first with values that the chart was not made with.

    What the model allows comes first; a field of which it allows little may show what it does all the same.
    """
    for forbidden in (False, True):
        yield from (each[:3] for each in _effects(component, chart, field) if each[3] == forbidden)


def _effects(
    component: type[Component], chart: Chart, field: tuple[str, ...]
) -> Iterator[tuple[Change, Data, dict[str, Any], bool]]:
    for env in ENVIRONMENTS.values():
        if not component.enabled(env):
            continue
        data, base = data_of(env), objects(component, env)
        for where in places(data, field):
            for change in candidates(chart, field, where, lookup(data, where)):
                found = changed(component, data, change)
                if found and found[1] != base:
                    yield change, *found


def places(data: Data, field: tuple[str, ...]) -> list[Where]:
    found: list[Where] = [()]
    for part in field:
        if part == "*":
            found = [(*where, key) for where in found for key in keys(lookup(data, where))]
        else:
            found = [(*where, part) for where in found if isinstance(lookup(data, where), Mapping)]
    return found


def keys(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value)
    return list(range(len(value))) if isinstance(value, tuple) else []


def candidates(chart: Chart, field: tuple[str, ...], where: Where, value: Any) -> Iterator[Change]:
    if field in chart.known:
        found = [each for each in chart.known[field] if each != plain_of(value)]
        yield from (Change(where, tuple(each) if isinstance(each, list) else each) for each in found)
        return
    shape = shape_of(model_path(field))
    if shape.entry:
        yield from (change for change in changes(where, value, (), skip=2) if change.path == where)
    else:
        yield from (Change(where, each) for each in probe.others(shape, value, (), skip=4))
        yield from (Change(where, each) for each in probe.others(shape, value, ()))


def plain_of(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def over_defaults(chart: Chart, wanted: Any) -> Any:
    from charts_src.helm.values import over

    return over(yaml.safe_load(chart.files["values.yaml"]) or {}, wanted)


def template(helm: Path, chart: Path, values_file: str) -> Objects:
    done = subprocess.run(
        [
            helm,
            "template",
            chart.name,
            ".",
            "--include-crds",
            "--kube-version",
            "1.35.0",
            "--namespace",
            "default",
            "--values",
            values_file,
        ],
        cwd=chart,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr[-500:]
    return keyed(body for body in yaml.load_all(done.stdout, yaml.CSafeLoader) if body)


def rendered(env: str, name: str) -> Objects:
    paths = sorted((ROOT / "rendered" / env / name).glob("*.yaml"))
    return keyed(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in paths)


def keyed(bodies: Any) -> Objects:
    return {
        (
            body["apiVersion"],
            body["kind"],
            body["metadata"].get("namespace", ""),
            body["metadata"]["name"],
        ): body
        for body in bodies
    }


def differences(found: Objects, wanted: Objects) -> list[str]:
    """Name the objects that differ, in numbers and text too."""
    return [
        f"{key}: {'missing' if key not in found else 'not wanted' if key not in wanted else 'differs'}"
        for key in sorted({*found, *wanted})
        if json.dumps(found.get(key), sort_keys=True) != json.dumps(wanted.get(key), sort_keys=True)
    ]


def test_there_is_a_chart_of_each_component(made: dict[str, Chart]) -> None:
    assert set(made) == {each.name for each in COMPONENTS}
    assert all(isinstance(env, Environment) for env in ENVIRONMENTS.values())
