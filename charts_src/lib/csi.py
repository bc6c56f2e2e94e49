"""What the CSI drivers share: the sidecars of kubernetes-csi, and the pods of a controller and a node plugin.

Sources: deploy/kubernetes/base of aws-ebs-csi-driver v1.63.1 and aws-fsx-csi-driver v1.9.0, the chart of
mountpoint-s3-csi-driver v2.7.0. The same in all three, and different from upstream:

- Secret aws-secret with access keys: left out, credentials come from EKS Pod Identity.
- Controllers run on the system pool, as uid 1000, restricted and with a read-only root file system.
- The registrar is asked through its own command whether kubelet has registered the driver (as the S3 chart
  does), with the volume for its probe file that the EBS manifest has: it takes no port.
- EKS offers the same drivers as add-ons: a cluster has the add-on or this, never both.
- Node affinity against Fargate, Auto Mode and hybrid nodes: left out, every node is one of Karpenter's.
"""

from typing import Any

from charts_src.lib.controllers import deployment, labels
from charts_src.lib.node_agents import agent
from charts_src.lib.pod import (
    container,
    host_path,
    http_probe,
    mount,
    node_name,
    pod,
    port,
    requests,
    scratch,
)
from charts_src.objects import Body

KUBELET = "/var/lib/kubelet"
SOCKETS = "/var/lib/csi/sockets/pluginproxy"
CONTROLLER_ENDPOINT = {"name": "CSI_ENDPOINT", "value": f"unix://{SOCKETS}/csi.sock"}
NODE_ENDPOINT = {"name": "CSI_ENDPOINT", "value": "unix:/csi/csi.sock"}
NODE_NAME = node_name("CSI_NODE_NAME")
"""Name of the node: whose startup taint a node plugin removes, and whose metadata it looks up."""

_USER = 1000
SOCKET_VOLUME = scratch("socket-dir", "10Mi")
"""Volume of a controller through which its sidecars talk to the driver."""

_PLUGIN, _REGISTRATION, _PROBE = "plugin-dir", "registration-dir", "probe-dir"


def amounts(memory: str, memory_limit: str) -> Body:
    """Give upstream's resources: a hundredth of a CPU, and no limit on it."""
    return requests("10m", memory, memory_limit)


def plugin_dir(driver: str) -> str:
    """Give the folder on a node in which a driver has its socket."""
    return f"{KUBELET}/plugins/{driver}/"


def sidecar(name: str, image: str, *args: str, **fields: Any) -> Body:
    """Give a sidecar of a controller, which talks to the driver through its socket."""
    filled = {
        "args": [f"--csi-address={SOCKETS}/csi.sock", "--v=2", "--leader-election=true", *args],
        "resources": amounts("40Mi", "256Mi"),
        "volumeMounts": [mount("socket-dir", SOCKETS)],
    }
    return container(name, image, **filled | fields)


def liveness_probe(image: str, number: int, folder: str, *args: str) -> Body:
    """Give the sidecar that answers /healthz on a port; `folder` is the volume with the socket."""
    return container(
        "liveness-probe",
        image,
        args=["--csi-address=/csi/csi.sock", f"--health-port={number}", *args],
        resources=amounts("32Mi", "128Mi"),
        volumeMounts=[mount(folder, "/csi")],
    )


def registrar(image: str, driver: str) -> Body:
    """Give the sidecar that makes a driver known to kubelet."""
    path = f"--kubelet-registration-path={plugin_dir(driver)}csi.sock"
    probe = ["/csi-node-driver-registrar", path, "--mode=kubelet-registration-probe"]
    return container(
        "node-driver-registrar",
        image,
        args=["--csi-address=/csi/csi.sock", path, "--v=2"],
        resources=amounts("32Mi", "128Mi"),
        livenessProbe={
            "exec": {"command": probe},
            "initialDelaySeconds": 30,
            "periodSeconds": 90,
            "timeoutSeconds": 15,
        },
        volumeMounts=[
            mount(_PLUGIN, "/csi"),
            mount(_REGISTRATION, "/registration"),
            mount(_PROBE, plugin_dir(driver)),
        ],
    )


def healthz(number: int) -> Body:
    """Give the port of the liveness sidecar, which the driver's own container carries as upstream has it."""
    return port("healthz", number)


def healthy(timeout: int, failures: int) -> Body:
    """Give a probe of the driver through the liveness sidecar."""
    return http_probe(
        "/healthz",
        "healthz",
        initialDelaySeconds=10,
        periodSeconds=10,
        timeoutSeconds=timeout,
        failureThreshold=failures,
    )


def controller(name: str, account: str, replicas: int, containers: list[Body], **fields: Any) -> Body:
    """Give the Deployment of a controller, in which leaders are elected; `fields` are more of its PodSpec."""
    spec = pod(
        *containers,
        serviceAccountName=account,
        automountServiceAccountToken=True,
        priorityClassName="system-cluster-critical",
        **fields,
    )
    identity = {"runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER}
    spec["securityContext"] = spec["securityContext"] | identity
    return deployment(name, replicas, spec)


def node_plugin(name: str, account: str, driver: str, containers: list[Body], **fields: Any) -> Body:
    """Give the DaemonSet of a node plugin; `fields` are further fields of its PodSpec.

    It runs on every node and tolerates every taint: its own startup taint goes away only when it runs.
    """
    selected = labels(name)
    folders = [
        host_path("kubelet-dir", KUBELET, "Directory"),
        host_path(_PLUGIN, plugin_dir(driver), "DirectoryOrCreate"),
        host_path(_REGISTRATION, f"{KUBELET}/plugins_registry/", "Directory"),
        scratch(_PROBE, "1Mi"),
    ]
    spec = pod(
        *containers,
        serviceAccountName=account,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=30,
        volumes=[*folders, *fields.pop("volumes", ())],
        **agent(nodeSelector={"kubernetes.io/os": "linux"}),
        **fields,
    )
    root = {"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0}
    spec["securityContext"] = spec["securityContext"] | root
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": selected},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
            "template": {"metadata": {"labels": selected}, "spec": spec},
        },
    }


def kubelet_mount() -> Body:
    """Mount kubelet's folder so that what the plugin mounts there is seen by the pods of the node."""
    return {"name": "kubelet-dir", "mountPath": KUBELET, "mountPropagation": "Bidirectional"}


def privileged() -> Body:
    """Give the security context of a node plugin: Kubernetes allows two-way mounts to nobody else."""
    return {"privileged": True, "readOnlyRootFilesystem": True}
