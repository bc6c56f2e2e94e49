"""Whatever offers metrics is asked for them: each port of a container that is named for metrics."""

from collections.abc import Iterator

from charts_src.objects import Body, all_containers
from charts_src.proofs.pods import Pod
from charts_src.proofs.selectors import holds, selected_by
from charts_src.proofs.tree import Failure, Objects


def unasked(objects: Objects, pods: list[Pod]) -> list[Failure]:
    """Find ports for metrics that no PodMonitor, and no ServiceMonitor by a Service, asks, sorted."""
    if not any(body["kind"] == "Prometheus" for body in objects.values()):
        return []
    asked = {entry for body in objects.values() for entry in _asked(body, objects, pods)}
    return sorted(
        Failure(str(pod), f"{path} offers {port['name']}, which nobody scrapes; add it to a PodMonitor")
        for pod in pods
        for path, container in all_containers(pod.spec)
        for port in container.get("ports", ())
        if "metrics" in port.get("name", "") and not {port["name"], port["containerPort"]} & _of(pod, asked)
    )


def _of(pod: Pod, asked: set[tuple[str, str | int]]) -> set[str | int]:
    return {port for subject, port in asked if subject == str(pod)}


def _asked(body: Body, objects: Objects, pods: list[Pod]) -> Iterator[tuple[str, str | int]]:
    """Give pod and port of each endpoint of a monitor."""
    if body["kind"] == "PodMonitor":
        for pod in _selected(body, pods):
            for endpoint in body["spec"]["podMetricsEndpoints"]:
                yield str(pod), endpoint.get("port") or endpoint.get("portNumber", "")
    if body["kind"] == "ServiceMonitor":
        labels = body["spec"]["selector"].get("matchLabels", {})
        for service in objects.values():
            own = service["metadata"].get("labels", {})
            if service["kind"] != "Service" or not labels.items() <= own.items():
                continue
            namespace = service["metadata"].get("namespace", "")
            for pod in selected_by(service["spec"].get("selector", {}), namespace, pods):
                for port in service["spec"].get("ports", ()):
                    yield str(pod), port.get("targetPort", port["port"])


def _selected(monitor: Body, pods: list[Pod]) -> list[Pod]:
    spec = monitor["spec"]
    own = [monitor["metadata"].get("namespace", "")]
    names = spec.get("namespaceSelector", {}).get("matchNames", own)
    labels = spec["selector"].get("matchLabels", {})
    expressions = spec["selector"].get("matchExpressions", ())
    return [
        pod
        for name in names
        for pod in selected_by(labels, name, pods)
        if all(holds(each, pod.labels) for each in expressions)
    ]
