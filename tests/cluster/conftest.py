"""One control plane for each environment, on which its tests work one after the other."""

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.definitions import DEFINITIONS_OF, Defined, define
from tests.cluster.report import Memory, Proved, write
from tests.cluster.sharing import ORDER, ByPlane, component, end_planes, scope, shared
from tools.cluster.nodes import environment_nodes
from tools.cluster.operators import OPERATORS, start_operator
from tools.cluster.plane import Plane, api_alone
from tools.cluster.plane import plane as running
from tools.cluster.tree import Installed, install, tree

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("cluster")
    items.sort(key=lambda item: ORDER.index(file) if (file := component(item.path.stem)) in ORDER else -1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlane:
    return ByPlane(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the planes of a process of pytest -n when it has had all tests that share them."""
    if hasattr(item.config, "workerinput") and nextitem and scope(nextitem.nodeid) != scope(item.nodeid):
        end_planes()


class Reporter:
    """Writes the report of a run at its end."""

    def __init__(self) -> None:
        self._start, self._memory = time.monotonic(), Memory()
        self._proved: list[Proved] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            path, _, name = report.nodeid.partition("::")
            what = name.removeprefix("test_").replace("_", " ")
            measured = {key: str(value) for key, value in report.user_properties}
            one = Proved(component(Path(path).stem), what, report.outcome, report.duration, measured)
            self._proved.append(one)

    def pytest_sessionfinish(self) -> None:
        if self._proved:
            write(self._proved, time.monotonic() - self._start, self._memory.end())


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # in a worker of pytest-xdist the report is not whole
        config.pluginmanager.register(Reporter())


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Give an API server with nothing on it but what a pod in the namespace default needs."""
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "default"},
    }
    with shared(api_alone(tmp_path_factory.mktemp("plane") / "state", "")) as found:
        found.api.create(account)
        yield found


@pytest.fixture(scope="session", params=["dev", "staging", "prod"])
def env(request: pytest.FixtureRequest) -> str:
    """Name the environment that a test is of; pytest runs all tests of one before those of the next."""
    return str(request.param)


@pytest.fixture(scope="session")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Defined:
    """Give the definitions that the newest Kubernetes has taken, once for all processes of a run."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "definitions.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return define(tree(DEFINITIONS_OF), folder / "definitions")


@pytest.fixture(scope="session")
def own(env: str, definitions: Defined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Give the plane of an environment, with nodes of all its pools; it has all definitions already."""
    with shared(running(tmp_path_factory.mktemp(env) / "state", before=definitions.folder)) as found:
        for node in environment_nodes(env, most=5, system=10):
            found.api.create(node)
        yield found


@pytest.fixture(scope="session")
def installed(own: Plane, env: str, definitions: Defined) -> Installed:
    """Say what the API server made of every object of the environment."""
    waves = tree(env)
    rendered = [body for wave in waves for body in wave.objects]
    foreign = [body["metadata"]["name"] for body in definitions.bodies if body not in rendered]
    assert foreign == [], f"DEFINITIONS_OF: {env} has no such definitions; name an environment with fewer"
    return install(own, waves, definitions.bodies)


@pytest.fixture(scope="session")
def operated(own: Plane, env: str, installed: Installed) -> Plane:
    """Give the plane of an environment with all objects and operators."""
    assert installed.objects
    for operator in OPERATORS:
        start_operator(own, env, operator)
    return own
