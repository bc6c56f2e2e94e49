"""Queues: what waits, what runs, what is left. Metrics: pkg/metrics/metrics.go of kueue v0.19.2."""

from charts_src.lib.dashboards.panel import Query, dashboard, graph, stat, table

_QUEUE = "{{cluster_queue}}"
_BY_QUEUE = "max by (cluster_queue)"
_WAIT = "sum by (cluster_queue, le) (rate(kueue_admission_wait_time_seconds_bucket[1h]))"

DASHBOARD = dashboard(
    "queues",
    "Queues",
    (
        stat(
            "Jobs that wait",
            "short",
            "sum(max by (cluster_queue, status) (kueue_pending_workloads)) or vector(0)",
        ),
        stat(
            "Jobs that can't be admitted",
            "short",
            'sum(max by (cluster_queue) (kueue_pending_workloads{status="inadmissible"})) or vector(0)',
        ),
        stat("Jobs that run", "short", f"sum({_BY_QUEUE} (kueue_admitted_active_workloads)) or vector(0)"),
        stat(
            "Preempted in a day",
            "short",
            "sum(increase(kueue_preempted_workloads_total[1d])) or vector(0)",
            "Jobs that were stopped for one of higher priority.",
        ),
        graph(
            "Jobs that wait", "short", Query(f"{_BY_QUEUE} (kueue_pending_workloads)", _QUEUE), stacked=True
        ),
        graph(
            "Jobs that run",
            "short",
            Query(f"{_BY_QUEUE} (kueue_admitted_active_workloads)", _QUEUE),
            stacked=True,
        ),
        graph(
            "Time until admission",
            "s",
            Query(f"histogram_quantile(0.5, {_WAIT})", f"{_QUEUE} p50"),
            Query(f"histogram_quantile(0.9, {_WAIT})", f"{_QUEUE} p90"),
            description="Of jobs that were admitted in the hour before.",
        ),
        graph(
            "Jobs admitted",
            "short",
            Query(
                "sum by (cluster_queue, priority_class) (increase(kueue_admitted_workloads_total[1h]))",
                f"{_QUEUE} {{{{priority_class}}}}",
            ),
            description="In an hour.",
        ),
        graph(
            "Jobs evicted",
            "short",
            Query(
                "sum by (cluster_queue, reason) (increase(kueue_evicted_workloads_total[1h]))",
                f"{_QUEUE} {{{{reason}}}}",
            ),
            description="In an hour.",
        ),
        graph(
            "Attempts to admit",
            "short",
            Query("sum by (result) (increase(kueue_admission_attempts_total[5m]))", "{{result}}"),
        ),
        table(
            "Jobs that wait for quota",
            "short",
            """max by (namespace, name, queue, priority_class, reason)
            (kube_workload_condition{type="QuotaReserved"} == 0) + 1""",
        ),
        table(
            "Queues that admit nothing",
            "short",
            'max by (name, reason) (kube_clusterqueue_condition{type="Active"} == 0) + 1',
        ),
    ),
)
