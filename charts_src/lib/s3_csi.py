"""The containers and permissions of the CSI driver of S3.

Sources, all mountpoint-s3-csi-driver v2.7.0: charts/aws-mountpoint-s3-csi-driver (values and templates; the
manifests in deploy/kubernetes/base lag behind it), cmd/aws-s3-csi-controller/main.go, pkg/driver/driver.go,
pkg/driver/node/credentialprovider, docs/CONFIGURATION.md and docs/HEADROOM_FOR_MPPOD.md.
"""

import json

from charts_src.lib import csi
from charts_src.lib.controllers import labels
from charts_src.lib.images import image
from charts_src.lib.namespaces import MOUNT_S3
from charts_src.lib.pod import container, http_probe, port
from charts_src.lib.rbac import READ, Rule
from charts_src.model import Environment
from charts_src.objects import Body

DRIVER = "s3.csi.aws.com"
DEFINITION = "mountpoints3podattachments.s3.csi.aws.com"
MOUNTPOINT = "mountpoint-s3"
"""Label app.kubernetes.io/name of Mountpoint pods, and their ServiceAccount in the namespace mount-s3."""

HEALTH_PORT = 9808
METRICS_PORT = 8080
"""Where controller-runtime v0.19.2 serves metrics unless told otherwise; the controller doesn't tell it."""

PRIORITY, PREEMPTING_PRIORITY, HEADROOM_PRIORITY = (
    "mount-s3-critical",
    "mount-s3-preempting-critical",
    "mount-s3-headroom",
)
_HIGHEST = 1_000_000_000

_REGISTRAR = "public.ecr.aws/csi-components/csi-node-driver-registrar:v2.17.0-eksbuild.2"
_LIVENESS = "public.ecr.aws/csi-components/livenessprobe:v2.19.0-eksbuild.2"
_PAUSE = "public.ecr.aws/eks-distro/kubernetes/pause:3.10"

CONTROLLER_RULES = (
    Rule("", ("persistentvolumeclaims", "persistentvolumes", "pods", "serviceaccounts"), READ),
    Rule("s3.csi.aws.com", ("mountpoints3podattachments",), (*READ, "create", "delete", "update")),
)
MOUNTPOINT_RULES = (Rule("", ("pods",), (*READ, "create", "delete", "update")),)
"""In the namespace mount-s3 only."""

HEADROOM_RULES = (Rule("", ("pods",), ("patch",)),)
"""Upstream grants this in the whole cluster; here it is bound where pods mount models."""

LEASE = "aws-s3-csi-controller"
LEASE_RULES = (
    Rule("coordination.k8s.io", ("leases",), ("create",)),
    Rule("coordination.k8s.io", ("leases",), ("get", "update"), names=(LEASE,)),
)
NODE_RULES = (
    Rule("", ("nodes",), (*READ, "patch")),
    Rule("apiextensions.k8s.io", ("customresourcedefinitions",), ("get",), names=(DEFINITION,)),
    Rule("s3.csi.aws.com", ("mountpoints3podattachments",), READ),
    Rule("storage.k8s.io", ("csinodes",), ("get",)),
)
"""Upstream's, but get of one definition instead of all, and without get of serviceaccounts, which volumes of
version 1 of the driver need. The patch of nodes takes the startup taint off."""

WATCH_RULES = (Rule("", ("pods",), READ),)
"""The node plugin's, in the namespace mount-s3 only."""


def controller_container(env: Environment) -> Body:
    """Give the controller, which makes a Mountpoint pod where a pod with a volume was scheduled.

    Upstream has no probes ("TODO"); the metrics are served by leader and stand-by alike, so they are asked.
    """
    driver = _driver(env)
    variables = {
        "MOUNTPOINT_IMAGE": driver,
        "MOUNTPOINT_IMAGE_PULL_POLICY": "IfNotPresent",
        "MOUNTPOINT_NAMESPACE": MOUNT_S3,
        "MOUNTPOINT_PRIORITY_CLASS_NAME": PRIORITY,
        "MOUNTPOINT_POD_LABELS": json.dumps(labels(MOUNTPOINT)),
    }
    return container(
        "s3-csi-controller",
        driver,
        command=["/bin/aws-s3-csi-controller"],
        env=_variables(variables | (_headroom(env) if env.csi_drivers.s3.headroom else {})),
        ports=[port("metrics", METRICS_PORT)],
        livenessProbe=_served(initialDelaySeconds=20, periodSeconds=20, failureThreshold=3),
        readinessProbe=_served(initialDelaySeconds=5, periodSeconds=10, failureThreshold=3),
        resources=csi.amounts("64Mi", "512Mi"),
    )


def _headroom(env: Environment) -> dict[str, str]:
    return {
        "MOUNTPOINT_HEADROOM_IMAGE": image(env, _PAUSE),
        "MOUNTPOINT_HEADROOM_POD_LABELS": json.dumps(labels("mountpoint-s3-headroom")),
        "MOUNTPOINT_HEADROOM_PRIORITY_CLASS_NAME": HEADROOM_PRIORITY,
        "MOUNTPOINT_PREEMPTING_PRIORITY_CLASS_NAME": PREEMPTING_PRIORITY,
    }


def node_containers(env: Environment) -> list[Body]:
    """Give the containers of the node plugin."""
    liveness = csi.liveness_probe(image(env, _LIVENESS), HEALTH_PORT, "plugin-dir")
    return [_node(env), csi.registrar(image(env, _REGISTRAR), DRIVER), liveness]


def _node(env: Environment) -> Body:
    """Give the plugin, which opens FUSE devices and hands them, with credentials, to Mountpoint pods.

    Volumes of version 1, which systemd mounted, are not supported: there never were any. Which kind of
    installation this is goes into user agents only and is left out.
    """
    socket_dir = csi.plugin_dir(DRIVER)
    variables = {
        "CSI_ENDPOINT": f"unix:{socket_dir}csi.sock",
        "HOST_PLUGIN_DIR": socket_dir,
        "CONTAINER_KUBELET_PATH": csi.KUBELET,
        "HOST_KUBELET_PATH": csi.KUBELET,
        "SUPPORT_LEGACY_SYSTEMD_MOUNTS": "false",
        "MOUNTPOINT_NAMESPACE": MOUNT_S3,
        "EKS_POD_IDENTITY_AGENT_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_REGION": env.aws.region,
    }
    selinux = {"user": "system_u", "type": "super_t", "role": "system_r", "level": "s0"}
    return container(
        "s3-plugin",
        _driver(env),
        args=["--endpoint=$(CSI_ENDPOINT)", "--v=4"],
        env=[csi.NODE_NAME, *_variables(variables)],
        ports=[csi.healthz(HEALTH_PORT)],
        livenessProbe=csi.healthy(3, 5),
        readinessProbe=csi.healthy(3, 3),
        resources=csi.amounts("40Mi", "256Mi"),
        securityContext={"privileged": True, "seLinuxOptions": selinux},
        volumeMounts=[csi.kubelet_mount()],
    )


def priority_classes(env: Environment) -> list[Body]:
    """Give the priorities of Mountpoint pods and, with headroom, of those that keep room for them."""
    classes = [_priority(PRIORITY, _HIGHEST, "Never")]
    if env.csi_drivers.s3.headroom:
        classes += [
            _priority(PREEMPTING_PRIORITY, _HIGHEST, "PreemptLowerPriority"),
            _priority(HEADROOM_PRIORITY, -1000, "PreemptLowerPriority"),
        ]
    return classes


def _priority(name: str, value: int, preemption: str) -> Body:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "preemptionPolicy": preemption,
    }


def _driver(env: Environment) -> str:
    version = env.csi_drivers.s3.version
    return image(env, f"public.ecr.aws/mountpoint-s3-csi-driver/aws-mountpoint-s3-csi-driver:v{version}")


def _variables(values: dict[str, str]) -> list[Body]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _served(**timing: int) -> Body:
    return http_probe("/metrics", "metrics", **timing)
