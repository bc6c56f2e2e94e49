"""What a controller adds to a pod, as far as a referee looks at it: containers, probes, labels.

Sources: ray-operator v1.6.2 (controllers/ray/common/pod.go), argo-workflows v4.1.4
(workflow/controller/workflowpod.go, operator.go), prometheus-operator v0.94.1
(pkg/operator/config_reloader.go, pkg/prometheus/server/statefulset.go, pkg/alertmanager/statefulset.go).
"""

from collections.abc import Callable, Iterator
from typing import Any

import yaml

from charts_src.lib.argo_workflows import CONFIGURATION, CONTROLLER, POD, SECURITY
from charts_src.objects import Body, Identity
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Objects

_OF_POD = ("nodeSelector", "securityContext", "serviceAccountName", "tolerations")
_LITTLE = {"cpu": "200m", "memory": "256Mi"}


def completed(pod: Pod, objects: Objects) -> Body:
    """Give the PodSpec of a projected pod as its controller creates it."""
    complete = _COMPLETE.get(pod.owner.kind)
    if "ray.io/node-type" in pod.labels:
        complete = _ray
    return complete(pod, objects) if complete else pod.spec


def _ray(pod: Pod, _objects: Objects) -> Body:
    return _ray_worker(pod.spec) if pod.labels["ray.io/node-type"] == "worker" else pod.spec


def _ray_worker(spec: Body) -> Body:
    """Add the container that waits for the head; it is what Ray's own is, but for the resources."""
    first = spec["containers"][0]
    kept = ("env", "image", "imagePullPolicy", "securityContext", "volumeMounts")
    waits = {key: first[key] for key in kept if key in first}
    waits |= {"name": "wait-gcs-ready", "resources": {"limits": _LITTLE, "requests": _LITTLE}}
    return spec | {"initContainers": [*spec.get("initContainers", ()), waits]}


def _at(body: Body, path: str) -> Any:
    found: Any = body
    for step in filter(None, path.split(".")):
        found = found.get(step, {})
    return found


def _workflow(pod: Pod, objects: Objects) -> Body:
    """Add the containers that prepare and watch a step; those of what a step creates come from elsewhere."""
    if ".resource" in pod.path:
        return pod.spec
    before, beside = ({"name": name} | _executor(objects) for name in ("init", "wait"))
    containers = [beside, *pod.spec["containers"]]
    return pod.spec | {"restartPolicy": "Never", "initContainers": [before], "containers": containers}


def resource_pods(body: Body, objects: Objects) -> Iterator[Pod]:
    """Give the pods in which Argo itself creates an object and waits for it, one for each such template."""
    if body["kind"] != "WorkflowTemplate":
        return
    owner, spec = Identity.of(body), body["spec"]
    for index, template in enumerate(spec["templates"]):
        if "resource" in template:
            account = {key: own[key] for own in (spec, template) for key in _OF_POD if key in own}
            main = {"name": "main"} | _executor(objects)
            pod = {"containers": [main], "restartPolicy": "Never", "securityContext": SECURITY} | account
            yield Pod(owner, f"spec.templates[{index}].resource", owner.namespace, POD, pod)


def _executor(objects: Objects) -> Body:
    """Give what every container of Argo's own in a step has: the image, and what the configuration says."""
    configured = _named(objects, "ConfigMap", CONFIGURATION)["data"]["config"]
    settings: Body = yaml.load(configured, yaml.CSafeLoader)["executor"]
    return {"image": _flags(objects, CONTROLLER)["executor-image"]} | settings


def _named(objects: Objects, kind: str, name: str) -> Body:
    return next(body for one, body in objects.items() if one.kind == kind and one.name == name)


def _flags(objects: Objects, deployment: str) -> dict[str, str]:
    template = _named(objects, "Deployment", deployment)["spec"]["template"]
    arguments: list[str] = template["spec"]["containers"][0]["args"]
    pairs = (argument.lstrip("-").partition("=") for argument in arguments)
    return {name: value for name, _, value in pairs}


def _monitoring(pod: Pod, objects: Objects) -> Body:
    """Add the probes, and the containers that write the configuration and reload it."""
    main, *others = pod.spec["containers"]
    spec = objects[pod.owner]["spec"]
    pulled = {"imagePullPolicy": spec.get("imagePullPolicy", "")}
    asked = {"livenessProbe": _probe("/-/healthy", "web"), "readinessProbe": _probe("/-/ready", "web")}
    reloader = pulled | _reloader(objects, main["securityContext"])
    alive = _probe("/healthz", "reloader-web")
    beside = {"name": "config-reloader", "livenessProbe": alive, "readinessProbe": alive} | reloader
    return pod.spec | {
        "automountServiceAccountToken": spec.get("automountServiceAccountToken", True),
        "containers": [main | pulled | asked, beside, *others],
        "initContainers": [{"name": "init-config-reloader"} | reloader],
    }


def _probe(path: str, port: str) -> Body:
    return {"httpGet": {"path": path, "port": port}}


def _reloader(objects: Objects, security: Body) -> Body:
    flags = _flags(objects, "prometheus-operator")
    resources = {
        group: {name: flags[f"config-reloader-{name}-{word}"] for name in ("cpu", "memory")}
        for group, word in (("requests", "request"), ("limits", "limit"))
    }
    image = flags["prometheus-config-reloader"]
    return {"image": image, "resources": resources, "securityContext": security}


_COMPLETE: dict[str, Callable[[Pod, Objects], Body]] = {
    "Alertmanager": _monitoring,
    "Prometheus": _monitoring,
    "WorkflowTemplate": _workflow,
}
