"""Trainium and Inferentia: use, memory, latency, errors. Metrics: the exporter of Neuron Monitor."""

from charts_src.lib.alerts.accelerators import ALLOCATABLE, IDLE, NEURON, NODE_NEURON, REQUESTED
from charts_src.lib.dashboards.panel import Query, dashboard, graph, stat, table

_OF_RESOURCE = f'{{resource="{NEURON}"}}'

DASHBOARD = dashboard(
    "neuron",
    "Trainium and Inferentia",
    (
        stat(
            "Devices in the cluster",
            "short",
            f"sum(max by (node) ({ALLOCATABLE}{_OF_RESOURCE})) or vector(0)",
        ),
        stat("Devices held by pods", "short", f"sum({REQUESTED}{_OF_RESOURCE}) or vector(0)"),
        stat(
            "Devices held and idle",
            "short",
            f"sum({IDLE}{_OF_RESOURCE}) or vector(0)",
            "Held on a node none of whose NeuronCores does anything.",
        ),
        stat("Mean utilization of NeuronCores", "percentunit", "avg(neuroncore_utilization_ratio)"),
        graph(
            "Utilization by node",
            "percentunit",
            Query("avg by (node) (neuroncore_utilization_ratio)", "{{node}}"),
            description="Mean of the NeuronCores that a program uses.",
        ),
        graph("Busiest NeuronCore by node", "percentunit", Query(NODE_NEURON, "{{node}}")),
        graph(
            "Memory in use",
            "bytes",
            Query(
                "sum by (node, memory_location) (neuron_runtime_memory_used_bytes)",
                "{{node}} {{memory_location}}",
            ),
        ),
        graph(
            "Executions",
            "ops",
            Query(
                "sum by (node, status_type) (rate(execution_status_total[5m]))", "{{node}} {{status_type}}"
            ),
        ),
        graph(
            "Latency of executions",
            "s",
            Query('max by (node) (execution_latency_seconds{percentile="p50"})', "{{node}} p50"),
            Query('max by (node) (execution_latency_seconds{percentile="p99"})', "{{node}} p99"),
        ),
        graph(
            "Execution errors",
            "ops",
            Query(
                "sum by (node, error_type) (rate(execution_errors_total[5m])) > 0", "{{node}} {{error_type}}"
            ),
        ),
        graph(
            "Memory errors",
            "short",
            Query(
                "sum by (node, event_type) (increase(hardware_ecc_events_total[15m])) > 0",
                "{{node}} {{event_type}}",
            ),
        ),
        table("Pods with idle devices", "short", f"max by (namespace, pod, node) ({IDLE}{_OF_RESOURCE})"),
    ),
)
