"""Is a render from nothing faster than Helm is with the same objects?"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import copytree, which

from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.sandbox import Sandbox, run
from charts_src.emit import emit
from charts_src.objects import AWS_FOLDER

LIMIT = 0.5
_HOW = (
    "`render --full all` in a new process, with no component kept of earlier renders, into a checkout "
    "without `rendered/` and `argocd/`: reading environments, constructs in Node, schemas, policies, "
    "applications, writing and the list of changes. The first render finds no `.cache/` at all and "
    "unpacks the Node packages into it; later ones find them there. A peer gets a chart (Helm) or a "
    "folder (kustomize) for each environment and component with the rendered files in it, CRDs among the "
    "templates, and one process for each, one after the other; it has no decisions to make, checks "
    "nothing and writes to /dev/null. Applications are left out there."
)


def measure(sandbox: Sandbox, helm: str, rounds: int) -> Answer:
    """Time a cold render and its peers in turn."""
    sandbox.cold_render()  # compiles bytecode, and gives the peers their input
    releases = _releases(sandbox.folder / "rendered")
    peers = _peers(releases, sandbox.folder / "peers", helm)
    renders: dict[str, Callable[[], float]] = {
        "first render": lambda: sandbox.first_render().seconds,
        "later render": lambda: sandbox.cold_render().seconds,
    }
    found = interleave({**renders, **peers}, rounds)
    rows = [Row(what, values, "s") for what, values in found.items()]
    ratios = [ratio(f"{ours} / {what}", found[ours], found[what]) for what in peers for ours in renders]
    targets = [Target(f"{row.what} at most {LIMIT}", row.median <= LIMIT) for row in ratios[: len(renders)]]
    question = f"A render from nothing, {len(releases)} components, against Helm"
    return Answer(question, _HOW, rows + ratios, targets)


def _releases(rendered: Path) -> list[Path]:
    folders = rendered.glob("*/*")
    return sorted(path for path in folders if path.is_dir() and path.name != AWS_FOLDER)


def _peers(releases: list[Path], folder: Path, helm: str) -> dict[str, Callable[[], float]]:
    charts = [write_chart(release, folder / "helm" / _name(release)) for release in releases]
    found: dict[str, Callable[[], float]] = {
        "helm template": partial(_seconds, [helm, "template", "release"], charts)
    }
    if kubectl := which("kubectl"):
        overlays = [write_overlay(release, folder / "kustomize" / _name(release)) for release in releases]
        found["kubectl kustomize"] = partial(_seconds, [kubectl, "kustomize"], overlays)
    return found


def _name(release: Path) -> str:
    return f"{release.parent.name}-{release.name}"


def _seconds(command: list[str], folders: list[Path]) -> float:
    return sum(run([*command, "."], folder).seconds for folder in folders)


def write_chart(manifests: Path, folder: Path) -> Path:
    """Make a Helm chart whose templates give the manifests back; return its folder."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(emit({"apiVersion": "v2", "name": folder.name, "version": "1.0.0"}))
    for file in manifests.iterdir():
        (folder / "templates" / file.name).write_text(escape(file.read_text()))
    return folder


def escape(text: str) -> str:
    """Keep Helm from reading what looks like an action, such as {{ .Values.image }}."""
    return text.replace("{{", '{{ "{{" }}')


def write_overlay(manifests: Path, folder: Path) -> Path:
    """Make a kustomize folder that gives the manifests back; return it."""
    copytree(manifests, folder)
    names = sorted(file.name for file in manifests.iterdir())
    (folder / "kustomization.yaml").write_text(emit({"resources": list(names)}))
    return folder
