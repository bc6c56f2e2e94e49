"""Training jobs: how they get on. Metrics: lib/training_metrics.py."""

from charts_src.lib import training_metrics as training
from charts_src.lib.alerts.accelerators import REQUESTED, UTILIZATION
from charts_src.lib.dashboards.panel import NAMESPACE, Query, dashboard, graph, stat, table

_CHOSEN = f'{{namespace=~"{NAMESPACE}"}}'
_JOB = "{{namespace}}/{{training_job}}"
_BY_JOB = "max by (namespace, training_job)"

DASHBOARD = dashboard(
    "training",
    "Training",
    (
        stat("Jobs that run", "short", f"count({_BY_JOB} ({training.STEP}{_CHOSEN})) or vector(0)"),
        stat("Tokens", "short", f"sum({_BY_JOB} ({training.TOKENS_PER_SECOND}{_CHOSEN}))", "In a second."),
        stat(
            "Longest without a sign of life", "s", f"max(time() - {_BY_JOB} ({training.HEARTBEAT}{_CHOSEN}))"
        ),
        stat(
            "Longest without a checkpoint", "s", f"max(time() - {_BY_JOB} ({training.CHECKPOINT}{_CHOSEN}))"
        ),
        graph("Loss", "short", Query(f"{_BY_JOB} ({training.LOSS}{_CHOSEN})", _JOB)),
        graph("Steps", "short", Query(f"{_BY_JOB} ({training.STEP}{_CHOSEN})", _JOB)),
        graph(
            "Tokens in a second", "short", Query(f"{_BY_JOB} ({training.TOKENS_PER_SECOND}{_CHOSEN})", _JOB)
        ),
        graph(
            "Time of a step",
            "s",
            Query(f"1 / (deriv({training.STEP}{_CHOSEN}[10m]) > 0)", _JOB),
            description="Over ten minutes.",
        ),
        graph(
            "Since the last sign of life",
            "s",
            Query(f"time() - {_BY_JOB} ({training.HEARTBEAT}{_CHOSEN})", _JOB),
        ),
        graph(
            "Since the last checkpoint",
            "s",
            Query(f"time() - {_BY_JOB} ({training.CHECKPOINT}{_CHOSEN})", _JOB),
            description="What an interruption would cost.",
        ),
        graph(
            "Utilization of accelerators",
            "percentunit",
            Query(f"avg by (namespace, pod) ({UTILIZATION}{_CHOSEN})", "{{namespace}}/{{pod}}"),
        ),
        table(
            "Pods and the accelerators they hold",
            "short",
            f"sum by (namespace, pod, resource) ({REQUESTED}{_CHOSEN})",
        ),
    ),
    training.STEP,
)
