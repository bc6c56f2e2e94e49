"""Is a render from nothing faster than what others make the same objects with?"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import charts
from benchmarks.inputs import write_apps, write_overlay
from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.sandbox import Sandbox, run
from charts_src import CACHE, NODE, ROOT
from charts_src.helm.programs import HELM3, HELM4

LIMIT = 0.5
KUBERNETES = "1.36.0"
"""What charts are rendered for: a Helm that is built from its module takes Kubernetes for 1.20."""
_HOW = (
    "`render --full all` in a new process, with no component kept of earlier renders, into a checkout "
    "without `rendered/` and `argocd/`: reading environments, constructs in Node, schemas, policies, "
    "applications, writing and the list of changes. The first render finds no `.cache/` at all and "
    "unpacks the Node packages into it; later ones find them there. The others make the same objects, but "
    "for Applications, and check nothing. Helm gets the chart of a component and the values of an "
    "environment, kustomize a folder of rendered files: one process for each component and environment, one "
    "after the other, that writes to /dev/null. The command line of cdk8s gets what suits it best: one "
    "`cdk8s synth` of all, on the Node of our lock file and without asking for a newer release. Its app "
    "reads the objects from one JSON file into a chart for each component and environment, which becomes a "
    "file: once in JavaScript, without jsii, once in Python, with it."
)

Command = Sequence[str | Path]


class Programs(NamedTuple):
    """What is measured against, as make sets it up."""

    helms: Mapping[str, Path] = {"Helm 3": HELM3, "Helm 4": HELM4}
    kustomize: Path = ROOT / ".tools" / "bin" / "kustomize"
    node: Path = NODE
    python: Path = Path(sys.executable)
    node_modules: Path = CACHE / "cdk8s-cli" / "node_modules"


def measure(sandbox: Sandbox, programs: Programs, made: Path, rounds: int) -> Answer:
    """Time a cold render and its peers in turn; `made` has the charts of `make charts`."""
    sandbox.cold_render()  # compiles bytecode, and gives the peers their input
    peers = _peers(sandbox, programs, made)
    renders: dict[str, Callable[[], float]] = {
        "first render": lambda: sandbox.first_render().seconds,
        "later render": lambda: sandbox.cold_render().seconds,
    }
    components = len(sandbox.components())
    found = interleave({**renders, **peers}, rounds)
    rows = [Row(what, values, "s") for what, values in found.items()]
    ratios = [ratio(f"{ours} / {what}", found[ours], found[what]) for what in peers for ours in renders]
    targets = [Target(f"{row.what} at most {LIMIT}", row.median <= LIMIT) for row in ratios]
    question = f"A render from nothing, {components} components, against Helm, kustomize and cdk8s"
    return Answer(question, _HOW, rows + ratios, targets)


def _peers(sandbox: Sandbox, programs: Programs, made: Path) -> dict[str, Callable[[], float]]:
    folder = sandbox.folder / "peers"
    releases = charts.releases(made)
    overlays = [write_overlay(each, folder / "kustomize") for each in sandbox.components()]
    apps = write_apps(sandbox.components(), folder / "cdk8s", programs.node_modules)
    return {
        **{f"helm template, {name}": partial(_helm, helm, releases) for name, helm in programs.helms.items()},
        "kustomize build": lambda: sum(run([programs.kustomize, "build"], each).seconds for each in overlays),
        "cdk8s synth, JavaScript": lambda: run(synth(programs, programs.node, "main.js"), apps).seconds,
        "cdk8s synth, Python": lambda: run(synth(programs, programs.python, "main.py"), apps).seconds,
    }


def _helm(helm: Path, releases: Iterable[charts.Release]) -> float:
    return sum(run(template(helm, release), release.chart).seconds for release in releases)


def template(helm: Path, release: charts.Release) -> Command:
    """Give the command that renders a release, in the folder of its chart."""
    return [
        helm,
        "template",
        "release",
        ".",
        "--include-crds",
        "--kube-version",
        KUBERNETES,
        "--values",
        release.values,
    ]


def synth(programs: Programs, program: Path, app: str) -> Command:
    """Give the command that synthesizes an app of cdk8s into dist/, in the folder of the app."""
    cdk8s = "node_modules/cdk8s-cli/bin/cdk8s"
    return [programs.node, cdk8s, "synth", "--no-check-upgrade", "--app", f"{program} {app}"]
