"""Jobs: training that hangs or can't be resumed, jobs that wait, workflows that fail.

Metrics, with their source: train_* lib/training_metrics.py; kube_rayjob_*, kube_mpijob_*
lib/object_states.py; kueue_* pkg/metrics/metrics.go of kueue v0.19.2; argo_workflows_* docs/metrics.md of
argo-workflows v4; other kube_* kube-state-metrics v2.20.0.
"""

from charts_src.lib import training_metrics as training
from charts_src.lib.alerts.accelerators import ANY
from charts_src.lib.alerts.rule import alert, group
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "jobs"
_JOB = "{{ $labels.namespace }}/{{ $labels.training_job }}"


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    return [
        group("training", *_training(monitoring)),
        group("failed-jobs", *_failed()),
        group("queues", *_queues(monitoring)),
        group("workflows", *_workflows()),
    ]


def _training(monitoring: Monitoring) -> list[Body]:
    limits = monitoring.alerts
    of_job = "max by (namespace, training_job)"
    return [
        alert(
            "TrainingHangs",
            "critical",
            f"time() - {of_job} ({training.HEARTBEAT}) > {limits.training_hang_minutes * 60}",
            1,
            f"Training job {_JOB} gives no sign of life",
            "All its accelerators wait, often for one broken rank. Look for faults of its nodes, then "
            "start it again from the last checkpoint.",
        ),
        alert(
            "TrainingCheckpointOverdue",
            "warning",
            f"time() - {of_job} ({training.CHECKPOINT}) > {limits.checkpoint_minutes * 60}",
            1,
            f"Training job {_JOB} has not saved its work for long",
            "An interruption now loses all of it: look at the job's log and at the room on its volume.",
        ),
        alert(
            "TrainingLossNotFinite",
            "critical",
            f"({training.LOSS} != {training.LOSS}) or (abs({training.LOSS}) == Inf)",
            0,
            f"The loss of training job {_JOB} is no number any more",
            "It learns nothing from here on: stop it, and resume from a checkpoint before that with another "
            "learning rate or data.",
        ),
    ]


def _failed() -> list[Body]:
    log = "Look at the log of its first failed pod."
    return [
        alert(
            "RayJobFailed",
            "warning",
            'max by (namespace, name) (kube_rayjob_status{status=~"Failed|ValidationFailed"}) == 1',
            0,
            "RayJob {{ $labels.namespace }}/{{ $labels.name }} failed",
            log,
        ),
        alert(
            "MpiJobFailed",
            "warning",
            'max by (namespace, name) (kube_mpijob_condition{type="Failed"}) == 1',
            0,
            "MPIJob {{ $labels.namespace }}/{{ $labels.name }} failed",
            log,
        ),
        alert(
            "KubernetesJobFailed",
            "warning",
            'max by (namespace, job_name) (kube_job_failed{condition="true"}) == 1',
            0,
            "Job {{ $labels.namespace }}/{{ $labels.job_name }} failed",
            log,
        ),
    ]


def _queues(monitoring: Monitoring) -> list[Body]:
    limits = monitoring.alerts
    return [
        alert(
            "AcceleratorPodPending",
            "warning",
            f"""sum by (namespace, pod) (kube_pod_container_resource_requests{{resource=~"{ANY}"}})
            and on (namespace, pod) kube_pod_status_phase{{phase="Pending"}} == 1""",
            limits.pending_minutes,
            "{{ $labels.namespace }}/{{ $labels.pod }} waits for accelerators",
            "See `kubectl describe pod`: no capacity in AWS, a node pool at its limit, or a volume or "
            "image that can't be had.",
        ),
        alert(
            "QueueStands",
            "warning",
            'max by (cluster_queue) (kueue_pending_workloads{status="active"}) > 0',
            limits.queue_minutes,
            "Jobs in ClusterQueue {{ $labels.cluster_queue }} wait all the time",
            "Its quota is too small for what is asked of it, or nothing in it comes to an end.",
        ),
        alert(
            "JobsInadmissible",
            "warning",
            'max by (cluster_queue) (kueue_pending_workloads{status="inadmissible"}) > 0',
            limits.queue_minutes,
            "Jobs in ClusterQueue {{ $labels.cluster_queue }} can't be admitted",
            "They ask for more than its quota, or for what none of its flavors has: see the conditions "
            "of the Workloads.",
        ),
        alert(
            "QueueInactive",
            "critical",
            'max by (cluster_queue) (kueue_cluster_queue_status{status="active"}) == 0',
            10,
            "ClusterQueue {{ $labels.cluster_queue }} admits nothing",
            "See its conditions: a flavor or an admission check is missing.",
        ),
    ]


def _workflows() -> list[Body]:
    return [
        alert(
            "WorkflowsFail",
            "warning",
            'sum by (namespace) (increase(argo_workflows_total_count{phase=~"Failed|Error"}[15m])) > 0',
            0,
            "Workflows of {{ $labels.namespace }} fail",
            "See the failed steps in the user interface of Argo Workflows.",
        ),
        alert(
            "WorkflowControllerError",
            "warning",
            "sum by (cause) (increase(argo_workflows_error_count[15m])) > 0",
            0,
            "The workflow controller reports {{ $labels.cause }}",
            "CronWorkflowSpecError: the schedule is invalid. Else see the controller's log.",
        ),
    ]
