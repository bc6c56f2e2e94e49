"""Models that are served on Ray: errors, slow answers, queues, broken replicas.

Metrics of Ray 2.60.0, ray/dashboard/modules/metrics/dashboards/serve_dashboard_panels.py; routes below /-/
are health checks. kube_rayservice_*: lib/object_states.py.
"""

from charts_src.lib.alerts.rule import alert, group
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "serving"
_APPLICATION = "{{ $labels.namespace }}/{{ $labels.application }}"
REQUESTS = 'ray_serve_num_http_requests_total{route!~"/-/.*"}'
ERRORS = 'ray_serve_num_http_error_requests_total{route!~"/-/.*"}'
LATENCY = 'ray_serve_http_request_latency_ms_bucket{route!~"/-/.*"}'
QUEUED = "ray_serve_deployment_queued_queries"
HEALTHY = "ray_serve_deployment_replica_healthy"
"""Healthy replicas of a deployment; a series for each replica, 1 or 0, where Ray is told to have those."""

FAILED_CHECKS = "ray_serve_health_check_failures_total"


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    limits = monitoring.alerts
    of_application = "sum by (namespace, application)"
    latency = f"sum by (namespace, application, le) (rate({LATENCY}[5m]))"
    rules = [
        alert(
            "ServeErrors",
            "critical",
            f"""{of_application} (rate({ERRORS}[5m])) / {of_application} (rate({REQUESTS}[5m]))
            > {limits.serve_error_percent} / 100""",
            5,
            f"Requests to {_APPLICATION} fail",
            "See the logs of its replicas in the Ray dashboard; if a change is the cause, revert it.",
        ),
        alert(
            "ServeSlow",
            "warning",
            f"histogram_quantile(0.99, {latency}) > {limits.serve_latency_seconds * 1000}",
            10,
            f"{_APPLICATION} answers slowly",
            "Its replicas are too few or too busy: see queue and utilization in the dashboard Ray.",
        ),
        alert(
            "ServeQueueGrows",
            "warning",
            f"sum by (namespace, application, deployment) ({QUEUED}) > {limits.serve_queue}",
            10,
            f"Requests wait for replicas of {_APPLICATION}",
            "Deployment {{ $labels.deployment }} has all replicas it may have, or waits for nodes.",
        ),
        alert(
            "ServeWithoutReplicas",
            "critical",
            f"sum by (namespace, application, deployment) ({HEALTHY}) == 0",
            5,
            f"No replica of {_APPLICATION} is healthy",
            "Requests to deployment {{ $labels.deployment }} fail: see its log in the Ray dashboard.",
        ),
        alert(
            "ServeReplicasFailChecks",
            "warning",
            f"sum by (namespace, application, deployment) (increase({FAILED_CHECKS}[15m])) > 3",
            0,
            f"Replicas of {_APPLICATION} do not answer their health checks",
            "Ray starts them again by itself; if that does not help, delete the pods they run in.",
        ),
        alert(
            "RayServiceNotReady",
            "critical",
            'max by (namespace, name) (kube_rayservice_condition{type="Ready"}) == 0',
            30,
            "RayService {{ $labels.namespace }}/{{ $labels.name }} serves nothing",
            "See its conditions and events: nodes, an image, or the application itself.",
        ),
    ]
    return [group("serving", *rules)]
