"""Pods under the Pod Security Standard "restricted", with a root file system that can't be written."""

from typing import Any

from charts_src.objects import Body

_CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
}
_POD = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}


def container(name: str, image: str, **fields: Any) -> Body:
    """Give a container; `fields` are further fields of a Kubernetes Container and win over the defaults."""
    return {"name": name, "image": image} | _CONTAINER | fields


def pod(*containers: Body, **fields: Any) -> Body:
    """Give a PodSpec; `fields` are further fields of a Kubernetes PodSpec and win over the defaults.

    Without a word in `fields` the pod gets no API token. The image says which user it runs as.
    """
    return {"containers": list(containers)} | _POD | fields


def resources(cpu: str, memory: str, **extended: str) -> Body:
    """Give equal requests and limits, as extended resources demand; `extended` maps resource to amount."""
    amounts = {"cpu": cpu, "memory": memory} | extended
    return {"requests": dict(amounts), "limits": dict(amounts)}


def requests(cpu: str, memory: str, limit: str) -> Body:
    """Give resources that may use idle CPU without a limit, and memory up to `limit`."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}


def http_probe(path: str, port: str | int, **timing: int) -> Body:
    """Give an HTTP probe; `timing` are fields of a Kubernetes Probe such as periodSeconds."""
    return {"httpGet": {"path": path, "port": port}} | timing


def port(name: str, number: int) -> Body:
    """Give a TCP port of a container, its protocol written out as the API server would default it."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def host_port(name: str, number: int) -> Body:
    """Give a port of the node; on the host's network the API server would fill in hostPort itself."""
    return port(name, number) | {"hostPort": number}


def pod_field(name: str, path: str) -> Body:
    """Give an environment variable with a field of the pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def node_name(variable: str = "NODE_NAME") -> Body:
    """Give the environment variable with the name of the pod's node."""
    return pod_field(variable, "spec.nodeName")


def host_path(name: str, path: str, kind: str) -> Body:
    """Give a volume with a path of the node; `kind` is its type, such as Directory, or "" for any."""
    return {"name": name, "hostPath": {"path": path, "type": kind}}


def secret_volume(name: str, secret: str) -> Body:
    """Give the volume `name` with the keys of a Secret, for every user of the pod to read."""
    return {"name": name, "secret": {"secretName": secret, "defaultMode": 420}}


def scratch(name: str, size: str, **fields: str) -> Body:
    """Give a volume that lives and dies with the pod; a pod that writes more than `size` is evicted."""
    return {"name": name, "emptyDir": {"sizeLimit": size} | fields}


def mount(name: str, path: str, **fields: bool) -> Body:
    """Mount a volume of the pod at a path of the container."""
    return {"name": name, "mountPath": path} | fields
