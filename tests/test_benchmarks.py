"""The benchmarks: that each measures what it says, on little."""

from itertools import count
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from benchmarks import again, emitter, peers, scale
from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.report import to_markdown
from benchmarks.sandbox import Sandbox, run
from charts_src.emit import emit

PROD = """\
name: prod
aws:
  account: "777788889999"
cluster:
  name: genai-prod
registry: 777788889999.dkr.ecr.us-east-2.amazonaws.com/genai
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    copy = Sandbox(tmp_path / "copy")
    for name in ("dev", "staging"):
        (copy.folder / "environments" / f"{name}.yaml").unlink()
    return copy


@pytest.mark.heavy
def test_helm_runs_once_for_each_component(sandbox: Sandbox, tmp_path: Path) -> None:
    helm, log = tmp_path / "helm", tmp_path / "log"
    helm.write_text(f'#!/bin/sh\necho "$(basename "$PWD"): $*" >>{log}\n')
    helm.chmod(0o755)
    answer = peers.measure(sandbox, str(helm), rounds=1)
    components = sorted(
        path.name for path in (sandbox.folder / "rendered" / "prod").iterdir() if path.is_dir()
    )
    components.remove("aws")
    assert "namespaces" in components
    assert log.read_text().splitlines() == [f"prod-{name}: template release ." for name in components]
    assert [row.what for row in answer.rows][:3] == ["first render", "later render", "helm template"]
    assert [target.text for target in answer.targets] == [
        "first render / helm template at most 0.5",
        "later render / helm template at most 0.5",
    ]


def test_a_chart_holds_each_manifest_and_hides_its_braces(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text("text: '{{ .Name }}'\n")
    chart = peers.write_chart(tmp_path / "in", tmp_path / "out")
    assert (chart / "templates" / "a.yaml").read_text() == "text: '{{ \"{{\" }} .Name }}'\n"
    assert (chart / "Chart.yaml").read_text() == "apiVersion: v2\nname: out\nversion: 1.0.0\n"


def test_a_render_with_nothing_to_do_is_measured(sandbox: Sandbox) -> None:
    answer = again.measure_no_op(sandbox, rounds=1)
    assert [row.what for row in answer.rows] == ["render all", "python -c pass", "difference"]
    assert 0 < answer.rows[2].median < answer.rows[0].median


@pytest.mark.heavy
def test_each_render_after_a_change_finds_a_new_number(sandbox: Sandbox) -> None:
    answer = again.measure_change(sandbox, rounds=1)
    assert all(row.median > 0 for row in answer.rows)
    assert "max_nodes: 22" in (sandbox.folder / "environments" / "prod.yaml").read_text()  # the third edit


def test_a_change_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="max_nodes"):
        again.resized("name: prod\n", 20)


def test_the_emitter_is_measured_on_as_much_as_was_asked_for() -> None:
    answer = emitter.measure(100_000, rounds=1)
    assert all(row.median > 0 for row in answer.rows)
    bodies = emitter.install(100_000)
    assert 100_000 <= sum(len(emit(body)) for body in bodies) < 110_000
    assert {body["kind"] for body in bodies} == {"CustomResourceDefinition", "Deployment", "ConfigMap"}


@pytest.mark.heavy
def test_many_environments_are_measured(sandbox: Sandbox) -> None:
    answer = scale.measure(sandbox, (1, 2, 3), rounds=1)
    names = [path.name for path in sorted((sandbox.folder / "rendered").iterdir())]
    assert names == ["copy-000", "copy-001", "copy-002"]
    assert [row.what for row in answer.rows[-3:]] == [
        "one more, from 1 to 2",
        "one more, from 2 to 3",
        "the latter / the former",
    ]


def test_a_copy_of_prod_has_a_name_an_account_and_a_cluster_of_its_own() -> None:
    assert scale.copy_of(PROD, 7) == (
        "name: copy-007\n"
        "aws:\n"
        '  account: "100000000007"\n'
        "cluster:\n"
        "  name: genai-copy-007\n"
        "registry: 100000000007.dkr.ecr.us-east-2.amazonaws.com/genai\n"
    )


def test_a_command_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError, match="exit status 3"):
        run(["sh", "-c", "exit 3"], tmp_path)


def test_alternatives_take_turns() -> None:
    turn = count(1)
    found = interleave({"A": lambda: next(turn), "B": lambda: next(turn)}, rounds=2)
    assert found == {"A": [1, 3], "B": [2, 4]}
    assert ratio("B / A", [2, 4], [1, 4]).values == [2.0, 1.0]


def test_the_report_shows_median_spread_and_targets() -> None:
    rows = [Row("render", [0.5, 0.7, 0.6], "s"), Row("memory", [141.6], "MB")]
    answer = Answer(
        "Fast?", "Timed.", rows, [Target("below 1 s", met=True), Target("below 0.1 s", met=False)]
    )
    assert to_markdown([answer], "2 cores").partition("Measured on")[2] == (
        ": 2 cores.\n"
        "\n"
        "## Fast?\n"
        "\n"
        "Timed.\n"
        "\n"
        "| | median | lowest to highest | runs |\n"
        "|---|--:|--:|--:|\n"
        "| render | 0.60 s | 0.50 to 0.70 | 3 |\n"
        "| memory | 142 MB |  | 1 |\n"
        "\n"
        "- below 1 s: **met**\n"
        "- below 0.1 s: **missed**"
    )
