"""Argo CD syncs components from charts in a registry: of the constructs' objects, none changes by that.

The charts hold the rendered files as they are, so what is proved is the way from registry and values to the
cluster. Argo CD renders with Helm 4, as its image does. The registry is on loopback; a repository Secret says
how Argo CD reaches it under its real name.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from charts_src import ROOT, config, state
from charts_src.argocd import applications
from charts_src.helm.programs import HELM4
from charts_src.model.charts import Charts
from charts_src.objects import Body
from tools.cluster.argocd import ArgoCd, argo_cd, told
from tools.cluster.argocd_install import load_root
from tools.cluster.argocd_start import NO_WEBHOOKS
from tools.cluster.plane import plane as running
from tools.cluster.ports import free_ports
from tools.cluster.waiting import eventually

if TYPE_CHECKING:  # to import it starts Node, and every process of the tests reads this file
    from charts_src.incremental import Record

ENV = "dev"
NAMES = ("namespaces", "prometheus-operator-crds", "spark-jobs")
"""Components without pods; the second has definitions only, the third resources of a kind that it defines."""
REGISTRY = "registry.example.com/charts"
SAME, ECHO, MISSING = "1.4.0", "1.5.0-rc.1", "9.9.9"
"""Versions: one that gives what is rendered, one that gives its values too, and one that nobody published."""
CRANE = ROOT / ".tools/bin/crane"

_ECHO = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: echo
  namespace: spark-jobs
  annotations:
    release: {{ .Release.Name }}
    values: {{ .Values.global | toJson | quote }}
"""


class Object(NamedTuple):
    """An object of the cluster, as the API server is asked for it."""

    version: str
    kind: str
    name: str
    namespace: str


class Charted(NamedTuple):
    """A running Argo CD, a registry with charts, and what the components are rendered from."""

    argo: ArgoCd
    records: "Mapping[str, Record]"

    def switch(self, charts: Charts | None) -> None:
        """Commit the Applications as they are with these charts, or with directories."""
        self.write(charts)
        self.argo.commit("root")

    def write(self, charts: Charts | None) -> None:
        """Write the Applications to the working copy."""
        env = config.load(ENV, state.ENVIRONMENTS)
        env = env.model_copy(update={"argocd": env.argocd.model_copy(update={"charts": charts})})
        summaries = {name: record.unit.summaries for name, record in self.records.items()}
        sections = {name: record.sections for name, record in self.records.items()}
        folder = self.argo.repository.work / "argocd" / ENV
        shutil.rmtree(folder)
        folder.mkdir()
        for name, text in applications(env, summaries, sections).items():
            (folder / name).write_text(text, encoding="utf-8")

    def synced(self, revision: str = "") -> None:
        """Wait until root and all components are done, these from a chart of this version or from Git."""

        def done() -> bool:
            found = self.argo.applications()
            return found.keys() >= {*NAMES, "root"} and all(
                _done(found[name], revision if name in NAMES else "") for name in (*NAMES, "root")
            )

        eventually(
            done, 180, lambda: str({n: told(b["status"]) for n, b in self.argo.applications().items()})
        )

    def kept(self) -> list[Object]:
        """Name what Argo CD says that it keeps, which is nothing of what it can't compare."""
        return [
            Object(
                "/".join(filter(None, (each.get("group"), each["version"]))),
                each["kind"],
                each["name"],
                each.get("namespace", ""),
            )
            for name in NAMES
            for each in self.argo.application(name)["status"]["resources"]
        ]

    def contents(self, objects: Iterable[Object]) -> dict[Object, tuple[str, str]]:
        """Read the uid of each object and the version of its content; empty for one that is not there."""
        found = {each: self.argo.plane.api.get(*each) or {"metadata": {}} for each in objects}
        return {
            each: (body["metadata"].get("uid", ""), body["metadata"].get("resourceVersion", ""))
            for each, body in found.items()
        }


def _done(application: Body, revision: str) -> bool:
    status = application.get("status", {})
    source = status.get("sync", {}).get("comparedTo", {}).get("source", {})
    return (
        (status.get("sync", {}).get("status"), status.get("health", {}).get("status"))
        == ("Synced", "Healthy")
        and status.get("operationState", {}).get("phase", "Succeeded") == "Succeeded"
        and source == application["spec"]["source"]
        and (status["sync"]["revision"] == revision if revision else "path" in source)
    )


def publish(folder: Path, address: str, name: str, version: str) -> None:
    """Push a chart of the rendered files of a component."""
    chart = folder / version / name
    for part in ("crds", "files", "templates"):
        (chart / part).mkdir(parents=True)
    metadata = {"apiVersion": "v2", "name": name, "version": version}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(metadata), encoding="utf-8")
    for file in (ROOT / "rendered" / ENV / name).iterdir():
        definition = file.name.startswith("customresourcedefinition-")
        shutil.copy(file, chart / ("crds" if definition else "files"))
        if not definition:
            text = f'{{{{ .Files.Get "files/{file.name}" }}}}\n'
            (chart / "templates" / file.name).write_text(text, encoding="utf-8")
    if (name, version) == ("spark-jobs", ECHO):
        (chart / "templates" / "echo.yaml").write_text(_ECHO, encoding="utf-8")
    environ = {"HOME": str(folder)}
    package = [str(HELM4), "package", str(chart), "--destination", str(folder)]
    subprocess.run(package, env=environ, check=True, capture_output=True)
    push = [str(HELM4), "push", "--plain-http", f"{folder}/{name}-{version}.tgz", f"oci://{address}/charts"]
    subprocess.run(push, env=environ, check=True, capture_output=True)


def serve_charts(argo: ArgoCd) -> None:
    """Start a registry with two versions of each chart, and give Argo CD the way there."""
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    serve = (CRANE, "registry", "serve", f"--address={address}")
    registry = argo.plane.processes.start("registry", *serve, grace=0)
    eventually(lambda: "serving on port" in registry.tail(), 30, registry.tail)
    for name in NAMES:
        for version in (SAME, ECHO):
            publish(argo.plane.folder / "charts", address, name, version)
    (argo.plane.folder / "argocd" / "bin" / "helm").symlink_to(HELM4)
    labels = {"argocd.argoproj.io/secret-type": "repository"}
    reached = {"insecureOCIForceHttp": "true", "proxy": f"http://{address}"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "charts", "namespace": argo.namespace, "labels": labels},
        "stringData": {"name": "charts", "type": "helm", "enableOCI": "true", "url": REGISTRY, **reached},
    }
    argo.plane.api.create(secret)


@pytest.fixture(scope="module")
def charted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charted]:
    from charts_src.incremental import Units
    from charts_src.registry import COMPONENTS

    env, units = config.load(ENV, state.ENVIRONMENTS), Units()
    records = {each.name: units.get(each, env) for each in COMPONENTS if each.name in NAMES}
    with (
        running(tmp_path_factory.mktemp("charts") / "state", flags=NO_WEBHOOKS) as plane,
        argo_cd(plane, ENV, NAMES) as argo,
    ):
        serve_charts(argo)
        found = Charted(argo, records)
        found.write(None)
        argo.repository.commit()
        load_root(plane, argo.namespace)
        found.synced()
        yield found


def charts(version: str) -> Charts:
    return Charts(registry=REGISTRY, version=version)


def test_charts_with_the_rendered_objects_change_none_of_them_and_neither_do_directories(
    charted: Charted,
) -> None:
    objects = charted.kept()
    before = charted.contents(objects)
    assert len(before) > 70
    assert all(all(each) for each in before.values())
    charted.switch(charts(SAME))
    charted.synced(SAME)
    assert charted.kept() == objects
    assert charted.contents(objects) == before
    charted.switch(None)
    charted.synced()
    assert charted.kept() == objects
    assert charted.contents(objects) == before


def test_a_version_that_nobody_published_harms_nothing_and_the_next_commit_puts_it_right(
    charted: Charted,
) -> None:
    charted.switch(charts(SAME))
    charted.synced(SAME)
    objects = charted.kept()
    before = charted.contents(objects)
    charted.switch(charts(MISSING))
    status = charted.argo.becomes("namespaces", lambda found: "not found" in str(found.get("conditions")))
    assert status["sync"]["status"] == "Unknown"
    charted.argo.becomes("root", lambda found: found["health"]["status"] == "Degraded", 120)
    assert charted.contents(objects) == before
    charted.switch(charts(SAME))
    charted.synced(SAME)
    assert charted.contents(objects) == before


def test_a_chart_gets_the_sections_of_the_environment_as_they_are(charted: Charted) -> None:
    charted.switch(charts(ECHO))
    charted.synced(ECHO)
    echo = charted.argo.plane.api.get("v1", "ServiceAccount", "echo", "spark-jobs")
    assert echo
    annotations = echo["metadata"]["annotations"]
    env = config.load(ENV, state.ENVIRONMENTS)
    sections = set(charted.records["spark-jobs"].sections)
    assert {"cluster", "storage"} <= sections
    assert annotations["release"] == "spark-jobs"
    assert json.loads(annotations["values"]) == env.model_dump(mode="json", include=sections)
