"""The EC2NodeClass of a node pool: image, network, disks and start of its nodes.

Fields and defaults: CRD karpenter.k8s.aws_ec2nodeclasses of karpenter-provider-aws v1.15.1. What the API
server would fill in is written out, or Argo CD would see a difference.

Left to Karpenter and to the image (nodeadm of amazon-eks-ami v20260714), which agree: maxPods (what the VPC
CNI has addresses for, less what EFA interfaces take), reserved CPU and memory, eviction thresholds, graceful
shutdown. A volume from a snapshot with images on it is no option with AL2023, whose images lie on the root
volume; Trainium2 keeps its default of two physical NeuronCores in each logical one.
"""

from charts_src.lib.gpu_sharing import mig_user_data
from charts_src.lib.user_data import huge_pages, user_data
from charts_src.model import Environment
from charts_src.model.node_pool import NodePool, Reservation
from charts_src.objects import Body

DISCOVERY = "karpenter.sh/discovery"
"""Tag of what Karpenter may use; eksctl puts it on all that it makes."""

_PARALLEL_PULLS = 8
"""Images that a node loads at one time; without a bound a node with many new pods loads none of them fast."""

_FAST_MIB_PER_SECOND = 750
"""What 3,000 IOPS allow a gp3 volume; nodeadm/doc/examples.md wants 600 or more for parallel image pulls."""


def node_class(env: Environment, name: str, pool: NodePool) -> Body:
    """Give the EC2NodeClass."""
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name},
        "spec": {
            "role": env.karpenter.node_role,
            "amiSelectorTerms": [{"alias": f"al2023@{env.karpenter.ami_version}"}],
            "subnetSelectorTerms": [{"tags": subnet_tags(env)}],
            "securityGroupSelectorTerms": _security_groups(env, pool),
            "blockDeviceMappings": [_root_volume(pool)],
            "kubelet": _kubelet(pool),
            # With one hop no pod but those on the host network reaches the credentials of the node.
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpProtocolIPv6": "disabled",
                "httpPutResponseHopLimit": 1,
                "httpTokens": "required",
            },
            "tags": {"cluster": env.cluster.name, "environment": env.name},
            **_hardware(pool),
            **_start(env, pool),
        },
    }


def instance_store(pool: NodePool) -> bool:
    """Say whether the nodes keep images and what pods write on their instance store."""
    return all(item.nvme_gb for item in pool.types)


def subnet_tags(env: Environment) -> dict[str, str]:
    """Give the tags of subnets for nodes: private ones, as eksctl tags public ones for discovery too."""
    return {DISCOVERY: env.cluster.name, "kubernetes.io/role/internal-elb": "1"}


def efa_group_tags(env: Environment) -> dict[str, str]:
    """Give the tags by which nodes with EFA find their own security group."""
    return {DISCOVERY: env.cluster.name, "efa": "true"}


def _security_groups(env: Environment, pool: NodePool) -> list[Body]:
    """Choose the group that EKS makes for the cluster, and that of EFA.

    The load balancer controller wants exactly one group with the tag kubernetes.io/cluster/<name> on a
    network interface with several; EKS gives it to this one ("View Amazon EKS security group requirements").
    By karpenter.sh/discovery nodes would get two groups of eksctl without it: no target would be registered.
    """
    terms: list[Body] = [{"tags": {"aws:eks:cluster-name": env.cluster.name}}]
    return [*terms, {"tags": efa_group_tags(env)}] if pool.efa else terms


def _root_volume(pool: NodePool) -> Body:
    images_here = pool.accelerator != "none" and not instance_store(pool)
    size = pool.root_volume_gib or (300 if images_here else 100)
    return {
        "deviceName": "/dev/xvda",
        "rootVolume": True,
        "ebs": {
            "volumeType": "gp3",
            "volumeSize": f"{size}Gi",
            "iops": 3000,
            "throughput": _FAST_MIB_PER_SECOND if images_here else 125,
            "encrypted": True,
            "deleteOnTermination": True,
        },
    }


def _kubelet(pool: NodePool) -> Body:
    """Give the settings that AL2023 passes to the kubelet as they are.

    Topology and CPU policies stay off unless asked for: a job with all devices of a node gains nothing by
    them, and NUMA nodes say nothing about which Neuron devices are neighbours.
    """
    pulls = {"serializeImagePulls": False, "maxParallelImagePulls": _PARALLEL_PULLS}
    pinning = {"cpuManagerPolicy": "static", "topologyManagerPolicy": "best-effort"}
    return pulls | (pinning if pool.cpu_pinning else {})


def _start(env: Environment, pool: NodePool) -> Body:
    """Give what a node does before its kubelet starts, if anything."""
    scripts = [huge_pages(pool.huge_pages_gib)] if pool.huge_pages_gib else []
    if pool.gpu_sharing and pool.gpu_sharing.profile:
        slices = pool.gpu_sharing.sharing.per_gpu(pool.types[0].gpu_name)
        scripts.append(mig_user_data(pool.gpu_sharing.profile, slices))
    fast = env.karpenter.fast_image_pull and pool.accelerator != "none"
    return {"userData": user_data(scripts, fast_image_pull=fast)} if scripts or fast else {}


def _hardware(pool: NodePool) -> Body:
    """Give the fields that only some pools have."""
    fields: Body = {}
    if instance_store(pool):
        fields["instanceStorePolicy"] = "RAID0"
    if pool.efa:
        fields["networkInterfaces"] = _network_interfaces(pool.types[0].efa_interfaces)
    if pool.placement_group:
        fields["placementGroupSelector"] = {"name": pool.placement_group}
    if pool.reservation:
        fields["capacityReservationSelectorTerms"] = _reservations(pool.reservation)
    return fields


def _network_interfaces(cards: int) -> list[Body]:
    """Give one interface with addresses for the node and its pods, and an EFA interface on each network card.

    Layout: "ip optimized" in designs/efa-for-static-capacity.md of karpenter-provider-aws; EC2 wants device
    index 1 on every card but the primary interface's.
    """
    primary = {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}
    return [
        primary,
        *({"networkCardIndex": card, "deviceIndex": 1, "interfaceType": "efa-only"} for card in range(cards)),
    ]


def _reservations(reservation: Reservation) -> list[Body]:
    if reservation.tags:
        return [{"tags": dict(reservation.tags)}]
    return [{"id": item} for item in reservation.ids]
