"""Which tests share a plane, when the processes of pytest -n get them, and the end of the plane with them."""

import re
from collections.abc import Iterator
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
    *("answer", "argocd", "prod", "staging", "dev", "karpenter prod", "argocd_charts", "make_cluster"),
    *("oldest", "plan_nodes", "karpenter staging", "karpenter dev"),
)
"""What takes longest, in the order in which it is begun: so that none is left alone at the end."""


class ByPlane(LoadScopeScheduling):  # type: ignore[misc]
    """Shares the tests out among the processes of pytest -n: all that use the same plane stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        longest = min(self.workqueue, key=lambda one: LONG.index(one) if one in LONG else len(LONG))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


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
