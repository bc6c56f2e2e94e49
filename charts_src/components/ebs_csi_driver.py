"""The EBS CSI driver, which makes block volumes, attaches them to instances and mounts them.

Sources, all aws-ebs-csi-driver v1.63.1: deploy/kubernetes/base (objects and rules), charts/aws-ebs-csi-driver
(metrics), pkg/driver/node.go (startup taint); the containers' are in lib/ebs_csi.py.

No snapshots: they need a controller and definitions of another project (external-snapshotter), and what these
volumes hold is metrics and working copies; data sets, checkpoints and models are in S3 and FSx. Upstream's
sidecar csi-snapshotter and its ClusterRole are left out, as are the node plugin for Windows and the labeler
of nodes (alpha).
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import csi, csi_objects, monitoring, network, rbac
from charts_src.lib.controllers import disruption_budget, labels
from charts_src.lib.csi_iam import ebs_statements
from charts_src.lib.ebs_csi import (
    DEVICES,
    DRIVER,
    METRICS,
    NODE_METRICS,
    controller_containers,
    node_containers,
)
from charts_src.lib.iam import PodIdentity
from charts_src.lib.namespaces import STORAGE
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER, CONTROLLER_ACCOUNT = "ebs-csi-controller", "ebs-csi-controller-sa"
NODE, NODE_ACCOUNT = "ebs-csi-node", "ebs-csi-node-sa"

_EVENTS = Rule("", ("events",), ("create", "list", "patch", "update", "watch"))

CONTROLLER_RULES = {
    "ebs-external-attacher-role": (
        Rule("", ("persistentvolumes",), (*READ, "patch")),
        Rule("storage.k8s.io", ("csinodes",), READ),
        Rule("storage.k8s.io", ("volumeattachments",), (*READ, "patch")),
        Rule("storage.k8s.io", ("volumeattachments/status",), ("patch",)),
    ),
    "ebs-external-provisioner-role": (
        Rule("", ("persistentvolumes",), (*READ, "create", "delete", "patch")),
        Rule("", ("persistentvolumeclaims",), (*READ, "update")),
        _EVENTS,
        Rule("", ("nodes",), READ),
        Rule("storage.k8s.io", ("csinodes", "storageclasses", "volumeattachments"), READ),
        Rule("storage.k8s.io", ("volumeattributesclasses",), ("get",)),
    ),
    "ebs-external-resizer-role": (
        Rule("", ("persistentvolumes",), (*READ, "patch")),
        Rule("", ("persistentvolumeclaims", "pods"), READ),
        Rule("", ("persistentvolumeclaims/status",), ("patch",)),
        _EVENTS,
        Rule("storage.k8s.io", ("volumeattributesclasses",), READ),
    ),
}
"""Upstream's ClusterRoles, without the provisioner's rules for snapshots."""

NODE_ROLE = "ebs-csi-node-role"
NODE_RULES = (
    Rule("", ("nodes",), (*READ, "patch")),
    Rule("storage.k8s.io", ("csinodes",), ("get",)),
    Rule("storage.k8s.io", ("volumeattachments",), READ),
)
"""Upstream's: the patch takes the startup taint off, attachments are awaited before a drained node goes."""

LEASES = "ebs-csi-leases-role"
LEASE_RULES = (Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),)
"""Upstream's without list, watch and delete: client-go's lock on a lease uses these three."""


class EbsCsiDriver(Component):
    """The driver: a controller that calls EC2, and a plugin on every node.

    Bindings have the names of their roles; upstream's have names of their own.
    """

    name = "ebs-csi-driver"
    target_namespace = STORAGE

    def versions(self) -> dict[str, str]:
        """Name the version of the driver."""
        return {"aws-ebs-csi-driver": self.env.csi_drivers.ebs.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let the controller manage the volumes of this cluster; the node plugin calls no AWS API."""
        return (PodIdentity(STORAGE, CONTROLLER_ACCOUNT, {"volumes": ebs_statements(self.env)}),)

    def compose(self) -> None:
        """Add the driver, what it may do and what it may talk to."""
        env = self.env
        self._permissions()
        self.add(_csi_driver(env))
        self.add(
            csi.controller(
                CONTROLLER,
                CONTROLLER_ACCOUNT,
                env.csi_drivers.replicas,
                controller_containers(env),
                volumes=[csi.SOCKET_VOLUME],
            )
        )
        self.add(disruption_budget(CONTROLLER))
        self.add(csi.node_plugin(NODE, NODE_ACCOUNT, DRIVER, node_containers(env), volumes=[DEVICES]))
        self.add(csi_objects.pod_monitor(CONTROLLER, *METRICS))
        self.add(csi_objects.pod_monitor(NODE, "metrics"))
        for body in _network_policies(env):
            self.add(body)

    def _permissions(self) -> None:
        account = rbac.service_account(self, CONTROLLER_ACCOUNT)
        for name, rules in CONTROLLER_RULES.items():
            self.add(rbac.cluster_role(name, rules))
            self.add(rbac.cluster_binding(name, CONTROLLER_ACCOUNT, STORAGE))
        self.add(rbac.role(LEASES, LEASE_RULES))
        rbac.bind_role(account, LEASES)
        rbac.service_account(self, NODE_ACCOUNT)
        self.add(rbac.cluster_role(NODE_ROLE, NODE_RULES))
        self.add(rbac.cluster_binding(NODE_ROLE, NODE_ACCOUNT, STORAGE))


def _csi_driver(env: Environment) -> Body:
    """Describe the driver; Kubernetes 1.34 drops the period, whose gate is off there by default."""
    period = {} if env.kubernetes == "1.34" else {"nodeAllocatableUpdatePeriodSeconds": 10}
    return csi_objects.csi_driver(DRIVER, attachRequired=True, fsGroupPolicy="File", **period)


def _network_policies(env: Environment) -> Iterator[Body]:
    """Let both reach the Kubernetes API, the controller EC2 and its credentials, and Prometheus both."""
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    yield network.allow(
        CONTROLLER,
        labels(CONTROLLER),
        ingress=[monitoring.scraped(*METRICS.values())],
        egress=[api_server, *csi_objects.aws_egress()],
    )
    yield network.allow(NODE, labels(NODE), ingress=[monitoring.scraped(NODE_METRICS)], egress=[api_server])
