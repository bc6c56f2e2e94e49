"""The benchmarks: that each measures what it says, on little."""

import json
import subprocess
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from benchmarks import again, charts, emitter, peers, scale, watch
from benchmarks.inputs import name_of, write_apps, write_overlay
from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.report import to_markdown
from benchmarks.sandbox import Sandbox, run
from charts_src.emit import emit
from charts_src.schema.derive import documents

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
def test_each_peer_runs_once_for_each_component_but_cdk8s_once_for_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    helm3, helm4, kustomize, node = (
        fake(tmp_path / name, log) for name in ("helm", "helm4", "kustomize", "node")
    )
    python = Path("python")  # the command line of cdk8s would start it
    programs = peers.Programs({"Helm 3": helm3, "Helm 4": helm4}, kustomize, node, python, tmp_path)
    sandbox.cold_render()
    for path in sandbox.components():
        (tmp_path / "charts" / path.name / "values").mkdir(parents=True)
        (tmp_path / "charts" / path.name / "values" / "prod.yaml").touch()
    answer = peers.measure(sandbox, programs, tmp_path / "charts", rounds=1)
    components = [path.name for path in sandbox.components()]
    assert "namespaces" in components
    assert "aws" not in components
    synth = "node in cdk8s: node_modules/cdk8s-cli/bin/cdk8s synth --no-check-upgrade --app"
    template = "template release . --include-crds --kube-version 1.36.0 --values values/prod.yaml"
    assert log.read_text().splitlines() == [
        *(f"helm in {name}: {template}" for name in components),
        *(f"helm4 in {name}: {template}" for name in components),
        *(f"kustomize in prod-{name}: build" for name in components),
        f"{synth} {node} main.js",
        f"{synth} python main.py",
    ]
    alternatives = [
        *("helm template, Helm 3", "helm template, Helm 4", "kustomize build"),
        *("cdk8s synth, JavaScript", "cdk8s synth, Python"),
    ]
    assert [row.what for row in answer.rows][:7] == ["first render", "later render", *alternatives]
    assert [target.text for target in answer.targets] == [
        f"{render} render / {what} at most 0.5" for what in alternatives for render in ("first", "later")
    ]


def fake(program: Path, log: Path) -> Path:
    program.write_text(f'#!/bin/sh\necho "$(basename "$0") in $(basename "$PWD"): $*" >>{log}\n')
    program.chmod(0o755)
    return program


@pytest.mark.heavy
def test_all_peers_make_the_objects_that_a_render_writes(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.cold_render()
    programs, components = peers.Programs(), sandbox.components()
    apps = write_apps(components, tmp_path / "cdk8s", programs.node_modules)
    for program, app in ((programs.node, "main.js"), (programs.python, "main.py")):
        output(peers.synth(programs, program, app), apps)
        (apps / "dist").rename(apps / app.replace(".", "-"))
    for manifests in components:
        written = objects("---\n".join(file.read_text() for file in manifests.iterdir()))
        overlay = write_overlay(manifests, tmp_path / "kustomize")
        assert objects(output([programs.kustomize, "build"], overlay)) == written
        for synthesized in apps.glob(f"main-*/{name_of(manifests)}.k8s.yaml"):
            assert objects(synthesized.read_text()) == written
    assert len(list(apps.glob("main-*/*.k8s.yaml"))) == 2 * len(components)


def output(command: Sequence[str | Path], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def objects(text: str) -> list[Any]:
    return sorted(documents(text), key=lambda body: json.dumps(body, sort_keys=True))


def test_charts_are_made_before_they_are_measured(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no charts; run make charts"):
        charts.releases(tmp_path)


def test_a_render_with_nothing_to_do_is_measured(sandbox: Sandbox) -> None:
    answer = again.measure_no_op(sandbox, rounds=1)
    assert [row.what for row in answer.rows] == ["render all", "python -c pass", "difference"]
    assert 0 < answer.rows[2].median < answer.rows[0].median


@pytest.mark.heavy
def test_each_render_after_a_change_finds_a_new_number(sandbox: Sandbox) -> None:
    answer = again.measure_change(sandbox, rounds=1)
    assert all(row.median > 0 for row in answer.rows)
    assert "max_nodes: 22" in (sandbox.folder / "environments" / "prod.yaml").read_text()  # the third edit


@pytest.mark.heavy
def test_a_watch_is_measured_on_edits_that_change_something(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "copy")
    answer = watch.measure(sandbox, rounds=2)
    assert [row.what for row in answer.rows] == ["the size of a node pool", "the registry of all images"]
    assert all(len(row.values) == 2 and min(row.values) > 0 for row in answer.rows)
    text = (sandbox.folder / "environments" / "dev.yaml").read_text()
    assert "max_nodes: 21" in text
    assert "registry: 222222222223" in text


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
