"""The containers of the CSI driver of FSx for Lustre.

Sources, all aws-fsx-csi-driver v1.9.0: deploy/kubernetes/base/controller-deployment.yaml and
node-daemonset.yaml, pkg/cloud/cloud.go (how long it waits for a file system).
"""

from charts_src.lib import csi
from charts_src.lib.images import image
from charts_src.lib.pod import container, host_port, mount, port
from charts_src.model import Environment
from charts_src.objects import Body

DRIVER = "fsx.csi.aws.com"
CONTROLLER_HEALTH_PORT = 9910
NODE_HEALTH_PORT = 9810
METRICS = {"metrics-prov": 3302, "metrics-resizer": 3304}
"""Port name -> number in the controller's sidecars, as those of EBS have them; the driver has no metrics."""

_SIDECARS = "public.ecr.aws/csi-components"
_PROVISIONER = f"{_SIDECARS}/csi-provisioner:v6.2.0-eksbuild.2"
_RESIZER = f"{_SIDECARS}/csi-resizer:v2.1.0-eksbuild.3"
_REGISTRAR = f"{_SIDECARS}/csi-node-driver-registrar:v2.16.0-eksbuild.3"
_LIVENESS = f"{_SIDECARS}/livenessprobe:v2.18.0-eksbuild.3"


def controller_containers(env: Environment) -> list[Body]:
    """Give the containers of the controller."""
    return [_controller(env), *_sidecars(env)]


def node_containers(env: Environment) -> list[Body]:
    """Give the containers of the node plugin."""
    liveness = csi.liveness_probe(image(env, _LIVENESS), NODE_HEALTH_PORT, "plugin-dir")
    return [_node(env), csi.registrar(image(env, _REGISTRAR), DRIVER), liveness]


def _node(env: Environment) -> Body:
    """Give the driver; as upstream has it, mount.lustre may write to the root file system."""
    return container(
        "fsx-plugin",
        _driver(env),
        args=["--mode=node", "--endpoint=$(CSI_ENDPOINT)", "--logging-format=json", "--v=2"],
        env=[csi.NODE_ENDPOINT, csi.NODE_NAME, _region(env)],
        ports=[host_port("healthz", NODE_HEALTH_PORT)],
        livenessProbe=csi.healthy(3, 5),
        readinessProbe=csi.healthy(3, 3),
        lifecycle={"preStop": {"exec": {"command": ["/bin/aws-fsx-csi-driver", "pre-stop-hook"]}}},
        resources=csi.amounts("40Mi", "256Mi"),
        securityContext=csi.privileged() | {"readOnlyRootFilesystem": False},
        volumeMounts=[csi.kubelet_mount(), mount("plugin-dir", "/csi")],
    )


def _controller(env: Environment) -> Body:
    return container(
        "fsx-plugin",
        _driver(env),
        args=[
            "--mode=controller",
            "--endpoint=$(CSI_ENDPOINT)",
            f"--extra-tags=cluster={env.cluster.name},environment={env.name}",
            "--logging-format=json",
            "--v=2",
        ],
        env=[csi.CONTROLLER_ENDPOINT, csi.NODE_NAME, _region(env)],
        ports=[csi.healthz(CONTROLLER_HEALTH_PORT)],
        livenessProbe=csi.healthy(3, 5),
        readinessProbe=csi.healthy(3, 3),
        resources=csi.amounts("40Mi", "256Mi"),
        volumeMounts=[mount("socket-dir", csi.SOCKETS)],
    )


def _sidecars(env: Environment) -> list[Body]:
    """Give the driver 15 minutes for a call: it waits 10 for a file system, longer than upstream lets it."""
    return [
        csi.sidecar(
            "csi-provisioner",
            image(env, _PROVISIONER),
            "--timeout=15m",
            "--extra-create-metadata",
            f"--http-endpoint=0.0.0.0:{METRICS['metrics-prov']}",
            ports=[port("metrics-prov", METRICS["metrics-prov"])],
        ),
        csi.sidecar(
            "csi-resizer",
            image(env, _RESIZER),
            "--timeout=15m",
            f"--http-endpoint=0.0.0.0:{METRICS['metrics-resizer']}",
            ports=[port("metrics-resizer", METRICS["metrics-resizer"])],
        ),
        csi.liveness_probe(image(env, _LIVENESS), CONTROLLER_HEALTH_PORT, "socket-dir"),
    ]


def _driver(env: Environment) -> str:
    return image(env, f"public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v{env.csi_drivers.fsx.version}")


def _region(env: Environment) -> Body:
    """Give the region in a variable; upstream asks IMDS for it."""
    return {"name": "AWS_REGION", "value": env.aws.region}
