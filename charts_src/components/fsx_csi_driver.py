"""The CSI driver of FSx for Lustre, which mounts file systems and, where claims may make them, makes them.

Sources, all aws-fsx-csi-driver v1.9.0: deploy/kubernetes/base (objects, rules, arguments), docs/install.md
(permissions, startup taint), pkg/driver/node.go and controller.go, cmd/hooks/prestop.go.

The shared file system needs the node plugin only: its volumes are written here, in the component storage. So
the controller, and with it all AWS permissions, is there only where storage.fsx.scratch is set.
"""

from collections.abc import Sequence

from charts_src.lib import csi, monitoring, network, rbac
from charts_src.lib.csi_iam import fsx_statements
from charts_src.lib.iam import PodIdentity
from charts_src.lib.images import image
from charts_src.lib.namespaces import STORAGE
from charts_src.lib.pod import container, mount, port
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

DRIVER = "fsx.csi.aws.com"
CONTROLLER, CONTROLLER_ACCOUNT = "fsx-csi-controller", "fsx-csi-controller-sa"
NODE, NODE_ACCOUNT = "fsx-csi-node", "fsx-csi-node-sa"
CONTROLLER_HEALTH_PORT = 9910
NODE_HEALTH_PORT = 9810
METRICS = {"metrics-prov": 3302, "metrics-resizer": 3304}
"""Port name -> number in the controller's sidecars, as those of EBS have them; the driver has no metrics."""

_SIDECARS = "public.ecr.aws/csi-components"
_PROVISIONER = f"{_SIDECARS}/csi-provisioner:v6.2.0-eksbuild.2"
_RESIZER = f"{_SIDECARS}/csi-resizer:v2.1.0-eksbuild.3"
_REGISTRAR = f"{_SIDECARS}/csi-node-driver-registrar:v2.16.0-eksbuild.3"
_LIVENESS = f"{_SIDECARS}/livenessprobe:v2.18.0-eksbuild.3"

_EVENTS = Rule("", ("events",), ("create", "list", "patch", "update", "watch"))
CONTROLLER_RULES = {
    "fsx-csi-external-provisioner-role": (
        Rule("", ("persistentvolumes",), (*READ, "create", "delete")),
        Rule("", ("persistentvolumeclaims",), (*READ, "update")),
        _EVENTS,
        Rule("", ("nodes",), READ),
        Rule("storage.k8s.io", ("csinodes", "storageclasses"), READ),
    ),
    "fsx-external-resizer-role": (
        Rule("", ("persistentvolumes",), (*READ, "patch", "update")),
        Rule("", ("persistentvolumeclaims", "pods"), READ),
        Rule("", ("persistentvolumeclaims/status",), ("patch", "update")),
        _EVENTS,
        Rule("storage.k8s.io", ("storageclasses",), READ),
    ),
}
"""Upstream's ClusterRoles; the leases are in a Role, as they are those of the driver's own namespace."""

NODE_ROLE = "fsx-csi-node-role"
NODE_RULES = (
    Rule("", ("nodes",), ("get", "patch")),
    Rule("", ("persistentvolumeclaims", "persistentvolumes"), ("get",)),
    Rule("", ("pods",), READ),
)
"""Upstream's: the patch takes the startup taint off; a drained node goes when no pod on it has a volume."""

LEASES = "fsx-csi-leases-role"
LEASE_RULES = (Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),)


class FsxCsiDriver(Component):
    """The driver: a plugin on every node, and perhaps a controller that calls FSx."""

    name = "fsx-csi-driver"
    target_namespace = STORAGE

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section storage."""
        return env.storage is not None

    def versions(self) -> dict[str, str]:
        """Name the version of the driver."""
        return {"aws-fsx-csi-driver": self.env.csi_drivers.fsx.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let the controller, if there is one, make file systems; the node plugin calls no AWS API."""
        assert self.env.storage  # noqa: S101  # enabled() is asked first
        if not self.env.storage.fsx.scratch:
            return ()
        statements = fsx_statements(self.env, self.env.storage.buckets.data)
        return (PodIdentity(STORAGE, CONTROLLER_ACCOUNT, {"file-systems": statements}),)

    def compose(self) -> None:
        """Add the driver, what it may do and what it may talk to."""
        assert self.env.storage  # noqa: S101  # enabled() is asked first
        self.add(csi.csi_driver(DRIVER))
        rbac.service_account(self, NODE_ACCOUNT)
        self.add(rbac.cluster_role(NODE_ROLE, NODE_RULES))
        self.add(csi.cluster_binding(NODE_ROLE, NODE_ACCOUNT, STORAGE))
        self.add(_node_plugin(self.env))
        if self.env.storage.fsx.scratch:
            self._add_controller()

    def _add_controller(self) -> None:
        env = self.env
        account = rbac.service_account(self, CONTROLLER_ACCOUNT)
        for name, rules in CONTROLLER_RULES.items():
            self.add(rbac.cluster_role(name, rules))
            self.add(csi.cluster_binding(name, CONTROLLER_ACCOUNT, STORAGE))
        self.add(rbac.role(LEASES, LEASE_RULES))
        rbac.bind_role(account, LEASES)
        containers = [_controller(env), *_sidecars(env)]
        replicas = env.csi_drivers.replicas
        volumes = [csi.SOCKET_VOLUME]
        self.add(csi.controller(CONTROLLER, CONTROLLER_ACCOUNT, replicas, containers, volumes=volumes))
        self.add(csi.disruption_budget(CONTROLLER))
        self.add(csi.pod_monitor(CONTROLLER, *METRICS))
        api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
        scraped = monitoring.scraped(*METRICS.values())
        egress = [api_server, *csi.aws_egress()]
        self.add(network.allow(CONTROLLER, csi.labels(CONTROLLER), ingress=[scraped], egress=egress))


def _node_plugin(env: Environment) -> Body:
    """Give the plugin in the network of its node, unlike upstream.

    Lustre keeps the network namespace of the process that first mounted (lnet/lnet/config.c, ni_net_ns). Were
    it the plugin's own, mounts would hang when its pod is replaced, as those of NFS did (aws-efs-csi-driver
    issue #1270). Names of file systems are then asked of the VPC's own resolver.
    """
    containers = [
        _node(env),
        csi.registrar(image(env, _REGISTRAR), DRIVER),
        csi.liveness_probe(image(env, _LIVENESS), NODE_HEALTH_PORT, "plugin-dir"),
    ]
    fields = {"hostNetwork": True, "dnsPolicy": "Default"}
    return csi.node_plugin(NODE, NODE_ACCOUNT, DRIVER, containers, **fields)


def _node(env: Environment) -> Body:
    """Give the driver; as upstream has it, mount.lustre may write to the root file system."""
    return container(
        "fsx-plugin",
        _driver(env),
        args=["--mode=node", "--endpoint=$(CSI_ENDPOINT)", "--logging-format=json", "--v=2"],
        env=[csi.NODE_ENDPOINT, csi.NODE_NAME, _region(env)],
        ports=[csi.healthz(NODE_HEALTH_PORT) | {"hostPort": NODE_HEALTH_PORT}],
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
