"""Rules on what the parts of a pod say of each other; paths start at the PodSpec.

The API server refuses some of it, when the pod is made and the pull request is long merged. Source:
ValidatePodSpec and what it calls, pkg/apis/core/validation/validation.go of Kubernetes 1.36.
"""

from collections import Counter
from collections.abc import Iterator

from charts_src.lib.quantities import amount
from charts_src.objects import Body, all_containers
from charts_src.policy.rule import Violation


def mounts(spec: Body) -> Iterator[Violation]:
    """Demand that every mount has its volume."""
    known = {volume["name"] for volume in spec.get("volumes", ())}
    for place, container in all_containers(spec):
        for index, mount in enumerate(container.get("volumeMounts", ())):
            if mount["name"] not in known:
                yield Violation(
                    f"{place}.volumeMounts[{index}].name", f"{mount['name']} is no volume of the pod; add it"
                )


def unique(spec: Body) -> Iterator[Violation]:
    """Refuse two containers, volumes, variables, mounts or ports of the same name in one place."""
    names = [container.get("name") for _, container in all_containers(spec)]
    yield from _twice("containers", names)
    yield from _twice("volumes", [volume["name"] for volume in spec.get("volumes", ())])
    for place, container in all_containers(spec):
        for field, key in (("env", "name"), ("volumeMounts", "mountPath"), ("ports", "name")):
            values = [item[key] for item in container.get(field, ()) if key in item]
            yield from _twice(f"{place}.{field}", values)


def variables(spec: Body) -> Iterator[Violation]:
    """Demand a value of every environment variable; one without is empty, which is rarely meant."""
    for place, container in all_containers(spec):
        for index, variable in enumerate(container.get("env", ())):
            if not {"value", "valueFrom"} & variable.keys():
                yield Violation(
                    f"{place}.env[{index}]", f'{variable["name"]} has no value; write "" for none'
                )


def bounded(spec: Body) -> Iterator[Violation]:
    """Demand requests within limits, and the same amount in both for what can't be shared (devices)."""
    for place, container in all_containers(spec):
        given = container.get("resources", {})
        requests, limits = given.get("requests", {}), given.get("limits", {})
        for resource in requests.keys() & limits.keys():
            if amount(requests[resource]) > amount(limits[resource]):
                message = f"is more than the limit, {limits[resource]}; raise that or lower this"
                yield Violation(f"{place}.resources.requests.{resource}", message)
        for resource in {*requests, *limits}:
            whole = "/" in resource or resource.startswith("hugepages-")
            if whole and (
                resource not in limits or requests.get(resource, limits[resource]) != limits[resource]
            ):
                message = "must have the same amount as request and as limit"
                yield Violation(f"{place}.resources.limits.{resource}", message)


def _twice(path: str, values: list[str | None]) -> Iterator[Violation]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Violation(path, f"{value} is there {count} times; keep one")
