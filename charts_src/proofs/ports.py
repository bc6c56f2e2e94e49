"""Names of ports that lead nowhere: in Services, probes, Ingresses and monitors.

A port of something that isn't there at all is not reported: that it isn't is a failure of its own.
"""

from collections.abc import Iterator
from typing import Any

from charts_src.objects import Body, all_containers
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.selectors import selected_by
from charts_src.proofs.tree import Failure, Objects

Name = str | int


def unresolved(objects: Objects) -> Iterator[Failure]:
    """Find every port that is named and is not there."""
    pods = all_pods(objects.values())
    services = [body for body in objects.values() if body["kind"] == "Service"]
    for body in services:
        yield from _targets(body, pods)
    for body in objects.values():
        match body["kind"]:
            case "ServiceMonitor":
                yield from _monitored_services(body, services)
            case "PodMonitor":
                yield from _monitored_pods(body, pods)
            case "Ingress":
                yield from _backends(body, services)
    for pod in pods:
        yield from _probes(pod)


def _targets(service: Body, pods: list[Pod]) -> Iterator[Failure]:
    selector = service["spec"].get("selector", {})
    selected = selected_by(selector, service["metadata"]["namespace"], pods) if selector else []
    for port in service["spec"].get("ports", ()):
        target = port.get("targetPort", port["port"])
        missing = [pod for pod in selected if target not in _container_ports(pod.spec)]
        if selected and isinstance(target, str) and len(missing) == len(selected):
            yield Failure(
                _name(service), f"leads to port {target}, which {selected[0]} has not; correct targetPort"
            )


def _monitored_services(monitor: Body, services: list[Body]) -> Iterator[Failure]:
    for service in services:
        if not _selects(monitor, service):
            continue
        known = {port.get("name") for port in service["spec"].get("ports", ())}
        for endpoint in monitor["spec"]["endpoints"]:
            if endpoint.get("port") and endpoint["port"] not in known:
                yield Failure(
                    _name(monitor), f"scrapes port {endpoint['port']}, which {_name(service)} has not"
                )


def _monitored_pods(monitor: Body, pods: list[Pod]) -> Iterator[Failure]:
    labels = monitor["spec"]["selector"].get("matchLabels", {})
    names = monitor["spec"].get("namespaceSelector", {}).get("matchNames", [monitor["metadata"]["namespace"]])
    selected = [pod for name in names for pod in selected_by(labels, name, pods)]
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        port = endpoint.get("port") or endpoint.get("portNumber")
        if selected and not any(port in _container_ports(pod.spec) for pod in selected):
            yield Failure(
                _name(monitor), f"scrapes port {port}, which {selected[0]} has not; correct the port"
            )


def _backends(ingress: Body, services: list[Body]) -> Iterator[Failure]:
    by_name = {body["metadata"]["name"]: body for body in services if _same_namespace(body, ingress)}
    for backend in _found(ingress["spec"], "service"):
        service = by_name.get(backend["name"])
        wanted = backend["port"].get("name") or backend["port"]["number"]
        if service and wanted not in _service_ports(service):
            yield Failure(_name(ingress), f"leads to port {wanted}, which {_name(service)} has not")


def _probes(pod: Pod) -> Iterator[Failure]:
    for path, container in all_containers(pod.spec):
        own = {port.get("name") for port in container.get("ports", ())}
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            for action in ("httpGet", "tcpSocket"):
                port = container.get(probe, {}).get(action, {}).get("port")
                if isinstance(port, str) and port not in own:
                    yield Failure(f"{pod}.{path}.{probe}", f"asks port {port}, which the container has not")


def _container_ports(spec: Body) -> set[Name]:
    ports = [port for _, container in all_containers(spec) for port in container.get("ports", ())]
    return {port["name"] for port in ports if "name" in port} | {port["containerPort"] for port in ports}


def _service_ports(service: Body) -> set[Name]:
    ports = service["spec"].get("ports", ())
    return {port["name"] for port in ports if "name" in port} | {port["port"] for port in ports}


def _selects(monitor: Body, service: Body) -> bool:
    spec, metadata = monitor["spec"], service["metadata"]
    names = spec.get("namespaceSelector", {}).get("matchNames", [monitor["metadata"]["namespace"]])
    labels = spec["selector"].get("matchLabels", {})
    return metadata.get("namespace") in names and labels.items() <= metadata.get("labels", {}).items()


def _same_namespace(one: Body, other: Body) -> bool:
    return bool(one["metadata"].get("namespace") == other["metadata"].get("namespace"))


def _found(value: Any, key: str) -> Iterator[Body]:
    if isinstance(value, dict):
        if isinstance(value.get(key), dict):
            yield value[key]
        for item in value.values():
            yield from _found(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _found(item, key)


def _name(body: Body) -> str:
    return f"{body['kind']} {body['metadata'].get('namespace', '')}/{body['metadata']['name']}"
