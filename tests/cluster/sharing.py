"""Which tests share a plane, when the processes of pytest -n get them, and the end of the plane with them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

from tools.cluster.plane import Plane

ORDER = (
    "apply",
    "placement",
    "mutants",
    "operators",
    "notebooks",
    "recovery",
    "rights",
    "missing_rights",
    "teardown",
)
"""Files whose tests use the same planes, in the order in which they do."""
TOGETHER = ("oldest",)
"""Files whose tests stay together for all environments, as they share what takes long to read."""
LONG = (
    *("answer", "argocd", "karpenter prod", "prod", "dev", "staging", "argocd_charts", "oldest"),
    *("make_cluster", "karpenter dev", "karpenter staging", "kubelet", "samples"),
)
"""What takes longest, in the order in which it is begun: so that none is left alone at the end."""


LARGE = "test_a_ray_job_trains_and_succeeds"
"""Last of the tests in "answer" that take much memory."""
GIB = {"answer": 5.0, "argocd": 3.5}
LATER, OTHERS = 2.2, 2.1
"""What tests take, in GiB as measured: those in "answer" until that one is over and later, and all others."""
ROOM = 10.7
"""So much may be taken at a time, in GiB; tests with less than others leave some more."""


class ByPlane(LoadScopeScheduling):  # type: ignore[misc]
    """Shares the tests out among the processes of pytest -n: all that use the same plane stay together.

    A process waits while what it would begin has no room beside what the others have. What has begun needs no
    less than what comes after it, so one that ends always makes room for the next.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        first = next(each for each in (*LONG, *self.workqueue) if each in self.workqueue)
        others = sum(memory(work) for each, work in self.assigned_work.items() if each != node)
        if others + memory({first: self.workqueue[first]}) > ROOM:
            return  # until a test ends
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        if self.workqueue and self._pending_of(self.assigned_work[node]) > 1:
            return  # what it is given waits for all that it has, and another may be free before that
        super()._reschedule(node)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        for each in self.nodes:
            if each != node and self.workqueue:
                self._reschedule(each)


def memory(work: Mapping[str, Mapping[str, bool]]) -> float:
    """Say how many GiB a process takes: `work` has for each of its tests, by scope, whether it is over."""
    return max((_memory(name, tests) for name, tests in work.items() if not all(tests.values())), default=0)


def _memory(name: str, tests: Mapping[str, bool]) -> float:
    later = any(over for nodeid, over in tests.items() if nodeid.endswith(f"::{LARGE}"))
    return LATER if later else GIB.get(name, OTHERS)


def scope(nodeid: str) -> str:
    """Name what a test shares a plane with: an environment, or a file and perhaps an environment."""
    path, _, name = nodeid.partition("::")
    file = component(Path(path).stem)
    found = re.search(r"[\[-](dev|staging|prod)[\]-]", name)
    env = found[1] if found and file not in TOGETHER else ""
    return env or "samples" if file in ORDER else f"{file} {env}".strip()


def component(stem: str) -> str:
    """Give what a file of tests is of, such as operators."""
    return stem.removeprefix("test_")


_OPEN: list[ExitStack] = []


@contextmanager
def shared(plane: AbstractContextManager[Plane]) -> Iterator[Plane]:
    """Run a plane that `end_planes` may end before the block does."""
    with ExitStack() as stack:
        _OPEN.append(stack)
        yield stack.enter_context(plane)


def end_planes() -> None:
    """End all planes of this process that tests share; fixtures of the session would keep them to its end."""
    while _OPEN:
        _OPEN.pop().close()
