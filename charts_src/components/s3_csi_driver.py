"""The CSI driver of S3, which mounts buckets through Mountpoint.

Source: mountpoint-s3-csi-driver v2.7.0, charts/aws-mountpoint-s3-csi-driver; containers and rules are in
lib/s3_csi.py. The namespace mount-s3 comes from the component namespaces.

For each node and volume the controller makes a Mountpoint pod in the namespace mount-s3. It is made after the
pod that wants the volume was scheduled, so a full node leaves both waiting; csi_drivers.s3.headroom is the
experimental answer of upstream. Mountpoint pods get no requests, as upstream advises (docs/CONFIGURATION.md).
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import csi, csi_objects, monitoring, network, rbac, s3_csi
from charts_src.lib.controllers import disruption_budget, labels
from charts_src.lib.iam import PodIdentity, bucket_access
from charts_src.lib.namespaces import MOUNT_S3, STORAGE
from charts_src.lib.storage import MODELS_NAMESPACES
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER, CONTROLLER_ACCOUNT = "s3-csi-controller", "s3-csi-driver-controller-sa"
NODE, NODE_ACCOUNT = "s3-csi-node", "s3-csi-driver-sa"
CONTROLLER_ROLE, NODE_ROLE = "s3-csi-driver-controller-cluster-role", "s3-csi-driver-cluster-role"
MOUNTPOINT_ROLE = "s3-csi-driver-controller-role"
WATCH_ROLE = "s3-csi-driver-node-mountpoint-pod-namespace-role"
LEASE_ROLE = "s3-csi-driver-controller-leader-election-role"
HEADROOM_ROLE = "s3-csi-driver-headroom-role"


class S3CsiDriver(Component):
    """The driver: a controller that makes Mountpoint pods, and a plugin on every node.

    Unlike upstream's, its controller has two pods, one of which leads, with probes, metrics and a
    PodDisruptionBudget; Mountpoint pods run as a ServiceAccount without an API token.
    """

    name = "s3-csi-driver"
    target_namespace = STORAGE

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section storage."""
        return env.storage is not None

    def versions(self) -> dict[str, str]:
        """Name the version of the driver."""
        return {"mountpoint-s3-csi-driver": self.env.csi_drivers.s3.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let Mountpoint read the models: the node plugin hands its own identity to Mountpoint pods."""
        assert self.env.storage  # noqa: S101  # enabled() is asked first
        models = bucket_access(self.env.storage.buckets.models, write=False)
        return (PodIdentity(STORAGE, NODE_ACCOUNT, {"models": models}),)

    def compose(self) -> None:
        """Add the driver, what it may do and what it may talk to."""
        env = self.env
        self.add(_csi_driver(self.env))
        self._controller_permissions()
        self._node_permissions()
        containers = [s3_csi.controller_container(env)]
        self.add(csi.controller(CONTROLLER, CONTROLLER_ACCOUNT, env.csi_drivers.replicas, containers))
        self.add(disruption_budget(CONTROLLER))
        self.add(csi_objects.pod_monitor(CONTROLLER, "metrics"))
        # hostPID: Mountpoint asks for the process that opens a file, which may be of any pod.
        self.add(
            csi.node_plugin(NODE, NODE_ACCOUNT, s3_csi.DRIVER, s3_csi.node_containers(env), hostPID=True)
        )
        self.add(rbac.account(s3_csi.MOUNTPOINT, MOUNT_S3))
        for body in (*s3_csi.priority_classes(env), *_network_policies(env)):
            self.add(body)

    def _controller_permissions(self) -> None:
        account = rbac.service_account(self, CONTROLLER_ACCOUNT)
        self.add(rbac.cluster_role(CONTROLLER_ROLE, s3_csi.CONTROLLER_RULES))
        self.add(rbac.cluster_binding(CONTROLLER_ROLE, CONTROLLER_ACCOUNT, STORAGE))
        self.add(rbac.role(LEASE_ROLE, s3_csi.LEASE_RULES))
        rbac.bind_role(account, LEASE_ROLE)
        self.add(rbac.role(MOUNTPOINT_ROLE, s3_csi.MOUNTPOINT_RULES, MOUNT_S3))
        self.add(rbac.role_binding(MOUNTPOINT_ROLE, CONTROLLER_ACCOUNT, STORAGE, MOUNT_S3))
        if self.env.csi_drivers.s3.headroom:
            self.add(rbac.cluster_role(HEADROOM_ROLE, s3_csi.HEADROOM_RULES))
            for namespace in MODELS_NAMESPACES:
                rbac.bind_cluster_role(account, HEADROOM_ROLE, namespace)

    def _node_permissions(self) -> None:
        rbac.service_account(self, NODE_ACCOUNT)
        self.add(rbac.cluster_role(NODE_ROLE, s3_csi.NODE_RULES))
        self.add(rbac.cluster_binding(NODE_ROLE, NODE_ACCOUNT, STORAGE))
        self.add(rbac.role(WATCH_ROLE, s3_csi.WATCH_RULES, MOUNT_S3))
        self.add(rbac.role_binding(WATCH_ROLE, NODE_ACCOUNT, STORAGE, MOUNT_S3))


def _csi_driver(env: Environment) -> Body:
    """Ask kubelet for tokens of the pods that mount, and to publish volumes again before those expire.

    The driver reads them from the attributes of the volume only (v1.15.0, pkg/driver/node/volumecontext);
    since Kubernetes 1.35 the API server warns of a driver that does not say so.
    """
    place = {} if env.kubernetes == "1.34" else {"serviceAccountTokenInSecrets": False}
    tokens = [
        {"audience": audience, "expirationSeconds": 3600}
        for audience in ("sts.amazonaws.com", "pods.eks.amazonaws.com")
    ]
    return csi_objects.csi_driver(
        s3_csi.DRIVER, podInfoOnMount=True, requiresRepublish=True, tokenRequests=tokens, **place
    )


def _network_policies(env: Environment) -> Iterator[Body]:
    """Let Mountpoint pods reach S3 and their credentials, the driver the Kubernetes API and nothing else."""
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    scraped = monitoring.scraped(s3_csi.METRICS_PORT)
    yield network.allow(CONTROLLER, labels(CONTROLLER), ingress=[scraped], egress=[api_server])
    yield network.allow(NODE, labels(NODE), egress=[api_server])
    mountpoint = labels(s3_csi.MOUNTPOINT)
    yield network.allow(s3_csi.MOUNTPOINT, mountpoint, egress=csi_objects.aws_egress(), namespace=MOUNT_S3)
