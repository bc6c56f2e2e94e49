"""What the nodes cost, by the prices that Karpenter reckons with (lib/alerts/capacity.py).

Those are list prices of the instances, On-Demand or Spot at the time: without savings plans, volumes,
traffic, the file system and EKS itself. Nodes of managed node groups are not in.
"""

from charts_src.lib.alerts.accelerators import ALLOCATABLE, ANY, IDLE, REQUESTED
from charts_src.lib.alerts.capacity import NODE_PRICE
from charts_src.lib.dashboards.panel import Query, dashboard, graph, stat, table

_LIST = "List prices of running instances, reserved ones at the On-Demand price. No bill: see Cost Explorer."
_EACH = f"(max by (node) ({NODE_PRICE}) / on (node) sum by (node) ({ALLOCATABLE} > 0))"
"""Price of one accelerator of a node for an hour."""

DASHBOARD = dashboard(
    "cost",
    "Cost",
    (
        stat("Now", "currencyUSD", f"sum({NODE_PRICE})", f"Per hour. {_LIST}"),
        stat("A month like now", "currencyUSD", f"sum({NODE_PRICE}) * 730", _LIST),
        stat("Last 24 hours", "currencyUSD", f"sum(sum_over_time({NODE_PRICE}[1d:1h]))", _LIST),
        stat(
            "Idle accelerators",
            "currencyUSD",
            f"sum({IDLE} * on (node) group_left () {_EACH}) or vector(0)",
            "Per hour: accelerators that a pod holds and does not use.",
        ),
        graph(
            "By node pool",
            "currencyUSD",
            Query(f"sum by (nodepool) ({NODE_PRICE})", "{{nodepool}}"),
            description="Per hour.",
            stacked=True,
        ),
        graph(
            "By way of buying",
            "currencyUSD",
            Query(f"sum by (capacity_type) ({NODE_PRICE})", "{{capacity_type}}"),
            description="Per hour.",
            stacked=True,
        ),
        graph(
            "By namespace, for the accelerators it holds",
            "currencyUSD",
            Query(f"sum by (namespace) ({REQUESTED} * on (node) group_left () {_EACH})", "{{namespace}}"),
            description="Per hour.",
            stacked=True,
        ),
        graph(
            "Accelerators nobody holds",
            "short",
            Query(
                f"sum by (resource) ({ALLOCATABLE}) - (sum by (resource) ({REQUESTED}) or sum by (resource) "
                f"({ALLOCATABLE}) * 0)",
                "{{resource}}",
            ),
            description="On nodes that run.",
        ),
        graph(
            "Hours of nodes, by pool",
            "h",
            Query(f"sum by (nodepool) (count_over_time({NODE_PRICE}[1d:1h]))", "{{nodepool}}"),
            description="In the 24 hours before.",
        ),
        table(
            "Pods by the cost of their accelerators",
            "currencyUSD",
            f'sum by (namespace, pod) ({REQUESTED}{{resource=~"{ANY}"}} * on (node) group_left () {_EACH})',
            "Per hour.",
        ),
        table(
            "Nodes by cost",
            "currencyUSD",
            f"sum by (node, nodepool, instance_type, capacity_type, zone) ({NODE_PRICE})",
            "Per hour.",
        ),
    ),
)
