"""The containers of the EBS CSI driver.

Different from upstream beside what is said below: paths are written out instead of read from variables;
PodMonitors scrape the pods, so there are no Services for metrics, and none of the probe's sidecar, whose port
is written out; no --user-agent-extra, which says that Helm installed it, and no other endpoints of AWS.

Sources, all aws-ebs-csi-driver v1.63.1: deploy/kubernetes/base/controller.yaml and node.yaml (they name the
image v1.63.0, as appVersion of the chart does), charts/aws-ebs-csi-driver (metrics), docs/options.md,
cmd/main.go and pkg/cloud/metadata (where region and instance come from).
"""

from charts_src.lib import csi
from charts_src.lib.images import image
from charts_src.lib.pod import container, host_path, mount, port
from charts_src.model import Environment
from charts_src.objects import Body

DRIVER = "ebs.csi.aws.com"
HEALTH_PORT = 9808
METRICS = {"metrics": 3301, "metrics-prov": 3302, "metrics-attach": 3303, "metrics-resizer": 3304}
"""Port name -> number in the controller: driver, provisioner, attacher, resizer, as in the chart."""

NODE_METRICS = 3302

_SIDECARS = "public.ecr.aws/csi-components"
_PROVISIONER = f"{_SIDECARS}/csi-provisioner:v6.3.0-eksbuild.3"
_ATTACHER = f"{_SIDECARS}/csi-attacher:v4.12.0-eksbuild.4"
_RESIZER = f"{_SIDECARS}/csi-resizer:v2.2.1-eksbuild.2"
_REGISTRAR = f"{_SIDECARS}/csi-node-driver-registrar:v2.17.0-eksbuild.4"
_LIVENESS = f"{_SIDECARS}/livenessprobe:v2.19.0-eksbuild.4"

_RATES = ("--kube-api-qps=20", "--kube-api-burst=100")
_FALLBACK = [{"name": "ENABLE_VAC_FALLBACK", "value": "true"}]
DEVICES = host_path("device-dir", "/dev", "Directory")


def controller_containers(env: Environment) -> list[Body]:
    """Give the containers of the controller, without upstream's csi-snapshotter."""
    liveness = csi.liveness_probe(image(env, _LIVENESS), HEALTH_PORT, "socket-dir", "--probe-timeout=60s")
    return [_controller(env), _provisioner(env), _attacher(env), _resizer(env), liveness]


def node_containers(env: Environment) -> list[Body]:
    """Give the containers of the node plugin."""
    liveness = csi.liveness_probe(image(env, _LIVENESS), HEALTH_PORT, "plugin-dir")
    return [_node(env), csi.registrar(image(env, _REGISTRAR), DRIVER), liveness]


def _controller(env: Environment) -> Body:
    """Give the driver; its region comes from a variable, as pods can't reach IMDS.

    Beyond upstream's arguments: the name of the cluster, which AWS permissions go by; tags on volumes as they
    are on nodes; metrics.
    """
    return container(
        "ebs-plugin",
        _driver(env),
        args=[
            "controller",
            "--endpoint=$(CSI_ENDPOINT)",
            "--batching=true",
            f"--extra-tags=cluster={env.cluster.name},environment={env.name}",
            f"--http-endpoint=0.0.0.0:{METRICS['metrics']}",
            f"--k8s-tag-cluster-id={env.cluster.name}",
            "--logging-format=json",
            "--v=2",
        ],
        env=[csi.CONTROLLER_ENDPOINT, csi.NODE_NAME, {"name": "AWS_REGION", "value": env.aws.region}],
        ports=[csi.healthz(HEALTH_PORT), port("metrics", METRICS["metrics"])],
        livenessProbe=csi.healthy(60, 10),
        readinessProbe=csi.healthy(60, 5),
        resources=csi.amounts("40Mi", "256Mi"),
        volumeMounts=[mount("socket-dir", csi.SOCKETS)],
        terminationMessagePolicy="FallbackToLogsOnError",
    )


def _provisioner(env: Environment) -> Body:
    return csi.sidecar(
        "csi-provisioner",
        image(env, _PROVISIONER),
        "--timeout=60s",
        "--feature-gates=Topology=true",
        "--extra-create-metadata",
        "--default-fstype=ext4",
        *_RATES,
        "--worker-threads=100",
        "--retry-interval-max=30m",
        _served("metrics-prov"),
        env=_FALLBACK,
        ports=[port("metrics-prov", METRICS["metrics-prov"])],
    )


def _attacher(env: Environment) -> Body:
    return csi.sidecar(
        "csi-attacher",
        image(env, _ATTACHER),
        "--timeout=6m",
        *_RATES,
        "--worker-threads=100",
        "--retry-interval-max=5m",
        "--feature-gates=MutableCSINodeAllocatableCount=true",
        _served("metrics-attach"),
        ports=[port("metrics-attach", METRICS["metrics-attach"])],
    )


def _resizer(env: Environment) -> Body:
    return csi.sidecar(
        "csi-resizer",
        image(env, _RESIZER),
        "--timeout=60s",
        "--extra-modify-metadata",
        "--handle-volume-inuse-error=false",
        *_RATES,
        "--workers=100",
        "--retry-interval-max=30m",
        _served("metrics-resizer"),
        env=_FALLBACK,
        ports=[port("metrics-resizer", METRICS["metrics-resizer"])],
    )


def _node(env: Environment) -> Body:
    """Give the plugin, which mounts volumes; it finds its instance through the Kubernetes API.

    Upstream asks IMDS first, which pods can't reach here. Its price: interfaces beyond the first are not
    counted against the volumes that fit on an instance. Where that is too many, the attacher reports it and,
    from Kubernetes 1.35, the count of the node is read anew.
    """
    return container(
        "ebs-plugin",
        _driver(env),
        args=[
            "node",
            "--endpoint=$(CSI_ENDPOINT)",
            f"--csi-mount-point-prefix={csi.plugin_dir('kubernetes.io/csi')}{DRIVER}/",
            f"--http-endpoint=0.0.0.0:{NODE_METRICS}",
            "--metadata-sources=kubernetes",
            "--logging-format=json",
            "--v=2",
        ],
        env=[csi.NODE_ENDPOINT, csi.NODE_NAME],
        ports=[csi.healthz(HEALTH_PORT), port("metrics", NODE_METRICS)],
        livenessProbe=csi.healthy(3, 5),
        readinessProbe=csi.healthy(3, 3),
        lifecycle={"preStop": {"exec": {"command": ["/bin/aws-ebs-csi-driver", "pre-stop-hook"]}}},
        resources=csi.amounts("40Mi", "256Mi"),
        securityContext=csi.privileged(),
        terminationMessagePolicy="FallbackToLogsOnError",
        volumeMounts=[csi.kubelet_mount(), mount("plugin-dir", "/csi"), mount("device-dir", "/dev")],
    )


def _driver(env: Environment) -> str:
    version = env.csi_drivers.ebs.version
    return image(env, f"public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v{version}")


def _served(metrics: str) -> str:
    return f"--http-endpoint=0.0.0.0:{METRICS[metrics]}"
