"""Karpenter: nodes, node pools and their limits, disruption, errors of AWS.

Metrics: website/content/en/preview/reference/metrics.md of karpenter-provider-aws; kube_nodeclaim_*:
lib/object_states.py.
"""

from charts_src.lib.dashboards.panel import Query, dashboard, graph, stat, table

_READY = 'kube_nodeclaim_condition{type="Ready"}'
_STARTUP = "karpenter_pods_startup_duration_seconds_bucket"

DASHBOARD = dashboard(
    "karpenter",
    "Karpenter",
    (
        stat("Nodes", "short", "max(karpenter_cluster_state_node_count)"),
        stat(
            "NodeClaims that are not ready",
            "short",
            'count(kube_nodeclaim_condition{type="Ready"} == 0) or vector(0)',
        ),
        stat("Pods without a place", "short", "max(karpenter_scheduler_unschedulable_pods_count)"),
        stat(
            "Nodes taken back by AWS in a day",
            "short",
            'sum(increase(karpenter_interruption_received_messages_total{message_type="spot_interrupted"}[1d]))',
        ),
        graph(
            "Nodes by pool and way of buying",
            "short",
            Query(
                'count by (nodepool, capacity_type) (kube_nodeclaim_condition{type="Ready"})',
                "{{nodepool}} {{capacity_type}}",
            ),
            stacked=True,
        ),
        graph(
            "Use of the pools' limits",
            "percentunit",
            Query(
                """max by (nodepool, resource_type) (karpenter_nodepools_usage)
                / max by (nodepool, resource_type) (karpenter_nodepools_limit)""",
                "{{nodepool}} {{resource_type}}",
            ),
        ),
        graph(
            "Nodes started and ended",
            "short",
            Query(
                "sum by (nodepool) (increase(karpenter_nodeclaims_created_total[15m]))",
                "{{nodepool}} started",
            ),
            Query(
                "-sum by (nodepool) (increase(karpenter_nodeclaims_terminated_total[15m]))",
                "{{nodepool}} ended",
            ),
        ),
        graph(
            "Nodes given up by reason",
            "short",
            Query(
                "sum by (nodepool, reason) (increase(karpenter_nodeclaims_disrupted_total[15m]))",
                "{{nodepool}} {{reason}}",
            ),
        ),
        graph(
            "Time until a pod runs",
            "s",
            Query(
                f"histogram_quantile(0.9, sum by (le) (rate({_STARTUP}[30m])))",
                "p90 of 30 minutes",
            ),
            description="From its creation, with the start of a node where one was needed.",
        ),
        graph(
            "Errors of AWS",
            "short",
            Query(
                "sum by (nodepool, error) (increase(karpenter_cloudprovider_errors_total[15m]))",
                "{{nodepool}} {{error}}",
            ),
        ),
        graph(
            "Messages of EC2",
            "short",
            Query(
                "sum by (message_type) (increase(karpenter_interruption_received_messages_total[15m]))",
                "{{message_type}}",
            ),
        ),
        table(
            "NodeClaims that are not ready",
            "short",
            f"max by (name, nodepool, instance_type, reason) ({_READY} == 0) + 1",
        ),
    ),
)
