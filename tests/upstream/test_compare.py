import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts_src import ROOT
from charts_src.objects import Body
from charts_src.schema.sources import Module
from tools.upstream import __main__ as command
from tools.upstream import source
from tools.upstream.compare import Difference, differences
from tools.upstream.facts import CATEGORIES, Facts, facts

OTHERWISE_NUMBERED = {
    "aws-load-balancer-controller": "the module is a snapshot of many charts",
    "efa-device-plugin": "the module is a snapshot of many charts",
    "ebs-csi-driver": "the manifests of v1.63.1 name the image v1.63.0",
}
TABLES = sorted(command.TABLES.glob("*.yaml"))
Run = Callable[..., int]


def operator(**container: Any) -> Body:
    pod = {"containers": [{"name": "manager", "image": "operator:v1", **container}]}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator"}}
    return {**body, "spec": {"template": {"spec": pod}}}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Compare our Deployment with upstream's, given the accepted differences."""
    module = Module("example.com/operator", "v1.0.0", "h1:sum")
    monkeypatch.setattr(command, "TABLES", tmp_path / "tables")
    monkeypatch.setattr(command, "RENDERED", tmp_path / "rendered")
    monkeypatch.setitem(source.MODULES, module.path, module)
    monkeypatch.setattr(source, "module_folder", lambda _: tmp_path / "module")

    def write(path: str, data: Any) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(yaml.safe_dump(data))

    def compare(ours: Body, theirs: Body, listed: list[Body], *options: str) -> int:
        sources = [{"module": module.path, "files": ["deploy.yaml"]}]
        write("tables/operator.yaml", {"sources": sources, "differences": listed})
        write("rendered/operator/deployment-operator.yaml", ours)
        write("module/deploy.yaml", theirs)
        return command.main(["operator", *options])

    return compare


def test_each_side_of_a_difference_is_told() -> None:
    ours, theirs = facts([operator(args=["--a=1", "--b"])]), facts([operator(args=["--a=2", "--b"])])
    assert differences(ours, theirs) == [
        Difference("here", "arg Deployment/operator manager: --a=1"),
        Difference("there", "arg Deployment/operator manager: --a=2"),
    ]


def test_the_same_right_in_less_of_the_cluster_is_a_difference_of_scope() -> None:
    wide, narrow = Facts(rules={"rule a: secrets get": True}), Facts(rules={"rule a: secrets get": False})
    assert differences(narrow, wide) == [Difference("there", "scope a: secrets get")]
    assert differences(wide, narrow) == [Difference("here", "scope a: secrets get")]
    assert differences(wide, wide) == []


def test_what_upstream_lacks_altogether_is_no_difference_of_scope() -> None:
    assert differences(Facts(rules={"rule a: secrets get": True}), Facts()) == [
        Difference("here", "rule a: secrets get")
    ]


def test_no_difference_is_a_success(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(operator(args=["--a"]), operator(args=["--a"]), []) == 0
    assert capsys.readouterr().out == (
        "operator: example.com/operator@v1.0.0 deploy.yaml\n  only here: nothing\n  only there: nothing\n"
    )


def test_a_difference_without_a_reason_is_listed_and_fails(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(operator(), operator(env=[{"name": "A", "value": "1"}]), []) == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "  only there: 1 env",
        "  only there, WITHOUT A REASON",
        "    env Deployment/operator manager: A=1",
    ]


def test_a_difference_with_a_reason_is_listed_only_on_demand(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = [{"why": "nobody needs it", "there": ["env Deployment/operator manager: A=*"]}]
    assert run(operator(), operator(env=[{"name": "A", "value": "1"}]), listed) == 0
    assert "A=1" not in capsys.readouterr().out
    assert run(operator(), operator(env=[{"name": "A", "value": "1"}]), listed, "--all") == 0
    assert "  only there, because nobody needs it\n    env Deployment" in capsys.readouterr().out


def test_a_reason_is_one_for_its_side_only(run: Run) -> None:
    listed = [{"why": "nobody needs it", "here": ["env Deployment/operator manager: A=1"]}]
    assert run(operator(), operator(env=[{"name": "A", "value": "1"}]), listed) == 1


def test_a_listed_difference_that_is_no_more_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(operator(), operator(), [{"why": "once", "there": ["env * A=1"]}]) == 1
    assert "  NO MORE: only there env * A=1 (once)" in capsys.readouterr().out


def test_json_has_every_difference_and_its_reason(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(operator(args=["--a"]), operator(args=["--b"]), [{"why": "so", "here": ["arg *"]}], "--json") == 1
    )
    (result,) = json.loads(capsys.readouterr().out)
    assert result["differences"] == [
        {"only": "here", "fact": "arg Deployment/operator manager: --a", "why": "so"},
        {"only": "there", "fact": "arg Deployment/operator manager: --b", "why": None},
    ]


def test_an_unknown_component_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(operator(), operator(), [])
    assert command.main(["another"]) == 2
    assert capsys.readouterr().err.startswith("another: no such file in ")


def test_files_that_upstream_does_not_have_are_an_error(run: Run, tmp_path: Path) -> None:
    run(operator(), operator(), [])
    (tmp_path / "module/deploy.yaml").unlink()
    assert command.main(["operator"]) == 2


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_each_table_is_about_a_rendered_component_and_a_pinned_module(path: Path) -> None:
    table = yaml.safe_load(path.read_text())
    assert table.keys() <= {"sources", "names", "rendered", "differences"}
    for folder in table.get("rendered", [path.stem]):
        assert (ROOT / "rendered" / "prod" / folder).is_dir()
    assert all(each["module"] in source.MODULES for each in table["sources"])


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_each_component_is_compared_with_its_own_version(path: Path) -> None:
    record = yaml.safe_load((ROOT / "rendered/prod/provenance.yaml").read_text())["components"]
    modules = {each["module"] for each in yaml.safe_load(path.read_text())["sources"]}
    versions = {source.MODULES[module].version.removeprefix("v") for module in modules}
    same = versions <= set(record[path.stem]["versions"].values())
    assert same is (path.stem not in OTHERWISE_NUMBERED)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_each_accepted_difference_has_a_reason_and_a_category(path: Path) -> None:
    table = yaml.safe_load(path.read_text())
    for entry in table["differences"]:
        assert entry.keys() <= {"why", "here", "there"}
        assert entry["why"]
    for each in command.accepted(table):
        assert each.pattern.split()[0] in {*CATEGORIES, "*"}
