"""The CSI driver of FSx for Lustre, which mounts file systems and, where claims may make them, makes them.

Sources, all aws-fsx-csi-driver v1.9.0: deploy/kubernetes/base (objects, rules), docs/install.md (permissions,
startup taint), pkg/driver/node.go and controller.go, cmd/hooks/prestop.go; containers are in lib/fsx_csi.py.

The shared file system needs the node plugin only: its volumes are written here, in the component storage. So
the controller, and with it all AWS permissions, is there only where storage.fsx.scratch is set.
"""

from collections.abc import Sequence

from charts_src.lib import csi, csi_objects, monitoring, network, rbac
from charts_src.lib.controllers import disruption_budget, labels
from charts_src.lib.csi_iam import fsx_statements
from charts_src.lib.fsx_csi import DRIVER, METRICS, controller_containers, node_containers
from charts_src.lib.iam import PodIdentity
from charts_src.lib.namespaces import STORAGE
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER, CONTROLLER_ACCOUNT = "fsx-csi-controller", "fsx-csi-controller-sa"
NODE, NODE_ACCOUNT = "fsx-csi-node", "fsx-csi-node-sa"

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
        self.add(csi_objects.csi_driver(DRIVER))
        rbac.service_account(self, NODE_ACCOUNT)
        self.add(rbac.cluster_role(NODE_ROLE, NODE_RULES))
        self.add(rbac.cluster_binding(NODE_ROLE, NODE_ACCOUNT, STORAGE))
        self.add(_node_plugin(self.env))
        if self.env.storage.fsx.scratch:
            self._add_controller()

    def _add_controller(self) -> None:
        env = self.env
        account = rbac.service_account(self, CONTROLLER_ACCOUNT)
        for name, rules in CONTROLLER_RULES.items():
            self.add(rbac.cluster_role(name, rules))
            self.add(rbac.cluster_binding(name, CONTROLLER_ACCOUNT, STORAGE))
        self.add(rbac.role(LEASES, LEASE_RULES))
        rbac.bind_role(account, LEASES)
        containers = controller_containers(env)
        replicas = env.csi_drivers.replicas
        volumes = [csi.SOCKET_VOLUME]
        self.add(csi.controller(CONTROLLER, CONTROLLER_ACCOUNT, replicas, containers, volumes=volumes))
        self.add(disruption_budget(CONTROLLER))
        self.add(csi_objects.pod_monitor(CONTROLLER, *METRICS))
        api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
        scraped = monitoring.scraped(*METRICS.values())
        egress = [api_server, *csi_objects.aws_egress()]
        self.add(network.allow(CONTROLLER, labels(CONTROLLER), ingress=[scraped], egress=egress))


def _node_plugin(env: Environment) -> Body:
    """Give the plugin in the network of its node, unlike upstream.

    Lustre keeps the network namespace of the process that first mounted (lnet/lnet/config.c, ni_net_ns). Were
    it the plugin's own, mounts would hang when its pod is replaced, as those of NFS did (aws-efs-csi-driver
    issue #1270). Names of file systems are then asked of the VPC's own resolver.
    """
    fields = {"hostNetwork": True, "dnsPolicy": "Default"}
    return csi.node_plugin(NODE, NODE_ACCOUNT, DRIVER, node_containers(env), **fields)
