"""Karpenter: nodes that do not come or are taken away; and what the nodes cost.

Metrics, with their source: karpenter_* pkg/controllers/metrics and pkg/controllers/interruption of
karpenter-provider-aws v1.15.1, pkg/controllers/metrics/nodepool and pkg/cloudprovider/metrics of karpenter
v1.15.0; kube_nodeclaim_* and kube_nodepool_* lib/object_states.py; kube_node_labels kube-state-metrics
v2.20.0.
"""

from charts_src.lib.alerts.rule import alert, group, record
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "capacity"
NODE_PRICE = "node:price:dollars_per_hour"

_WARNINGS = "capacity_reservation_interrupted|instance_stopped|rebalance_recommendation|spot_interrupted"
"""Messages that a node is about to go: pkg/controllers/interruption/messages/types.go."""

_MESSAGES = f'karpenter_interruption_received_messages_total{{message_type=~"{_WARNINGS}"}}'


def groups(monitoring: Monitoring) -> list[Body]:  # noqa: ARG001  # it has no threshold
    """Give the rules."""
    return [group("prices", _price()), group("karpenter", *_karpenter())]


def _price() -> Body:
    """Give each node the price that Karpenter reckons with for its type, zone and way of buying.

    Reserved nodes get the On-Demand price: they are paid for by the reservation, so that Karpenter counts
    them as almost free.
    """
    labels = {
        "instance_type": "label_node_kubernetes_io_instance_type",
        "zone": "label_topology_kubernetes_io_zone",
        "nodepool": "label_karpenter_sh_nodepool",
        "capacity_type": "label_karpenter_sh_capacity_type",
        "priced_as": "label_karpenter_sh_capacity_type",
    }
    nodes = 'kube_node_labels{label_karpenter_sh_nodepool!=""}'
    for name, source in labels.items():
        nodes = f'label_replace({nodes}, "{name}", "$1", "{source}", "(.+)")'
    nodes = f'label_replace({nodes}, "priced_as", "on-demand", "capacity_type", "reserved")'
    offers = (
        'label_replace(karpenter_cloudprovider_instance_type_offering_price_estimate, "priced_as", "$1", '
    )
    offers += '"capacity_type", "(.+)")'
    return record(
        NODE_PRICE,
        f"""max by (node, nodepool, instance_type, capacity_type, zone, priced_as) ({nodes})
        * on (instance_type, zone, priced_as) group_left ()
        max by (instance_type, zone, priced_as) ({offers})""",
    )


def _karpenter() -> list[Body]:
    return [
        alert(
            "NodeClaimNotReady",
            "warning",
            'max by (name, nodepool) (kube_nodeclaim_condition{type="Ready"}) == 0',
            20,
            "NodeClaim {{ $labels.name }} of pool {{ $labels.nodepool }} has become no node",
            "See its conditions: not launched, not registered, or waiting for a device plugin.",
        ),
        alert(
            "NodePoolNotReady",
            "critical",
            'max by (name) (kube_nodepool_condition{type="Ready"}) == 0',
            10,
            "Node pool {{ $labels.name }} can't launch nodes",
            "See the conditions of its EC2NodeClass: subnets, security groups, image or role are missing.",
        ),
        alert(
            "InsufficientCapacity",
            "warning",
            """sum by (nodepool) (
            increase(karpenter_cloudprovider_errors_total{error="InsufficientCapacityError"}[15m])) > 0""",
            15,
            "AWS has not the instances that node pool {{ $labels.nodepool }} asks for",
            "Allow more instance types, zones or ways of buying in it, or reserve capacity.",
        ),
        alert(
            "NodePoolAtLimit",
            "warning",
            """max by (nodepool, resource_type) (karpenter_nodepools_usage / karpenter_nodepools_limit) >= 1
            and max by (nodepool, resource_type) (karpenter_nodepools_limit) > 0""",
            30,
            "Node pool {{ $labels.nodepool }} has all the {{ $labels.resource_type }} that it may have",
            "Pods that do not fit wait. Raise max_nodes of the pool, or find out who needs so much.",
        ),
        alert(
            "NodesInterrupted",
            "info",
            f"sum by (message_type) (increase({_MESSAGES}[15m])) > 0",
            0,
            "AWS takes nodes back: {{ $labels.message_type }}",
            "Karpenter drains them. Jobs resume from their last checkpoint.",
        ),
    ]
