"""Whether one pod may run on one kind of node: the scheduler's filters, as far as our manifests use them.

Source: kube-scheduler of Kubernetes 1.36, pkg/scheduler/framework/plugins: nodeaffinity, tainttoleration,
noderesources (fit.go).
"""

from collections.abc import Iterable, Iterator

from charts_src.lib.quantities import amount, mebibytes, millicores
from charts_src.objects import Body
from charts_src.proofs.nodes import Amounts, Node

_NO_SCHEDULE = ("NoSchedule", "NoExecute")


def obstacles(spec: Body, node: Node, used: Amounts) -> Iterator[str]:
    """Say everything that keeps a pod off a node on which daemons already use some of it."""
    yield from _selected(spec, node)
    yield from _tainted(spec, node)
    for resource, wanted in requests(spec).items():
        free = node.capacity.get(resource, 0) - used.get(resource, 0)
        if wanted > free:
            left = shown(resource, max(free, 0))
            yield f"wants {shown(resource, wanted)} of {resource}, the node has {left}"


def requests(spec: Body) -> Amounts:
    """Add up what a pod asks for: all containers, or the largest init container where that is more."""
    steady: Amounts = {}
    for container in spec.get("containers", ()):
        _add(steady, _container(container))
    peak: Amounts = {}
    for container in spec.get("initContainers", ()):
        wanted = _container(container)
        if container.get("restartPolicy") == "Always":
            _add(steady, wanted)
        else:
            peak = {key: max(peak.get(key, 0), wanted.get(key, 0)) for key in peak | wanted}
    total = {key: max(steady.get(key, 0), peak.get(key, 0)) for key in steady | peak}
    return total | {"pods": 1}


def _container(container: Body) -> Amounts:
    """Read the requests of a container; a limit without a request is one."""
    given = container.get("resources", {})
    return {
        key: counted(key, value)
        for key, value in (given.get("limits", {}) | given.get("requests", {})).items()
    }


def counted(resource: str, quantity: str) -> int:
    """Count a quantity of a resource in the unit of Amounts."""
    if resource == "cpu":
        return millicores(quantity)
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        return mebibytes(quantity)
    return int(amount(quantity))


def _add(total: Amounts, more: Amounts) -> None:
    for key, value in more.items():
        total[key] = total.get(key, 0) + value


def _selected(spec: Body, node: Node) -> Iterator[str]:
    for key, value in spec.get("nodeSelector", {}).items():
        if value not in node.labels.get(key, ()):
            yield f"selects {key}={value}, the node has {_values(node, key)}"
    terms = (
        spec.get("affinity", {})
        .get("nodeAffinity", {})
        .get("requiredDuringSchedulingIgnoredDuringExecution", {})
        .get("nodeSelectorTerms", ())
    )
    if terms and not any(all(_matches(each, node) for each in term["matchExpressions"]) for term in terms):
        yield "has a node affinity that the node does not match"


def _values(node: Node, key: str) -> str:
    return " or ".join(sorted(node.labels[key])) if key in node.labels else "no such label"


def _matches(expression: Body, node: Node) -> bool:
    """Say whether a node of this kind can match, for the values that its label may have."""
    have, values = node.labels.get(expression["key"], frozenset()), set(expression.get("values", ()))
    match expression["operator"]:
        case "In":
            return bool(have & values)
        case "NotIn":
            return not have or bool(have - values)
        case "Exists":
            return bool(have)
        case "DoesNotExist":
            return not have
        case operator:
            bound = int(next(iter(values)))
            return any(int(each) > bound if operator == "Gt" else int(each) < bound for each in have)


def _tainted(spec: Body, node: Node) -> Iterator[str]:
    for taint in node.taints:
        if taint["effect"] in _NO_SCHEDULE and not any(
            _tolerates(each, taint) for each in _tolerations(spec)
        ):
            yield f"does not tolerate the taint {taint['key']}={taint.get('value', '')}:{taint['effect']}"


def _tolerations(spec: Body) -> Iterable[Body]:
    tolerations: list[Body] = spec.get("tolerations", [])
    return tolerations


def _tolerates(toleration: Body, taint: Body) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def shown(resource: str, number: int) -> str:
    """Write an amount with its unit."""
    if resource == "cpu":
        return f"{number}m"
    return f"{number}Mi" if resource in ("memory", "ephemeral-storage") else str(number)
