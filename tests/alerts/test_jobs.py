from pathlib import Path

from tests.alerts.promtool import Case, run

JOB = 'namespace="training",training_job="llama",pod="llama-0"'
OF_JOB = {"namespace": "training", "training_job": "llama"}
WANTS = 'kube_pod_container_resource_requests{namespace="ray",pod="w",resource="nvidia_com_gpu"}'
PENDING = 'kube_pod_status_phase{namespace="ray",pod="w",phase="Pending"}'
PODS = {"namespace": "ray", "pod": "w"}
WAITING = "kueue_pending_workloads"
FAILED = 'kube_rayjob_status{namespace="ray",name="tune",status="Failed"}'
COUNT = "argo_workflows_total_count"

CASES = [
    Case(
        "TrainingHangs",
        {f"train_heartbeat_timestamp_seconds{{{JOB}}}": "0+60x40 2400x20"},
        OF_JOB,
        {f"train_heartbeat_timestamp_seconds{{{JOB}}}": "0+60x60"},
    ),
    Case(
        "TrainingCheckpointOverdue",
        {f"train_last_checkpoint_timestamp_seconds{{{JOB}}}": "0x180"},
        OF_JOB,
        {f"train_last_checkpoint_timestamp_seconds{{{JOB}}}": "0x90 5400x90"},
        minute=150,
    ),
    Case(
        "TrainingLossNotFinite",
        {f"train_loss{{{JOB}}}": "2.5x50 NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN"},
        OF_JOB | {"pod": "llama-0"},
        {f"train_loss{{{JOB}}}": "2.5x60"},
    ),
    Case(
        "TrainingLossNotFinite",
        {f"train_loss{{{JOB}}}": "2.5x50 Inf Inf Inf Inf Inf Inf Inf Inf Inf Inf Inf"},
        OF_JOB | {"pod": "llama-0"},
        {},
    ),
    Case("RayJobFailed", {FAILED: "1x60"}, {"namespace": "ray", "name": "tune"}, {FAILED: "0x60"}),
    Case(
        "MpiJobFailed",
        {'kube_mpijob_condition{namespace="training",name="nccl",type="Failed"}': "1x60"},
        {"namespace": "training", "name": "nccl"},
        {'kube_mpijob_condition{namespace="training",name="nccl",type="Succeeded"}': "1x60"},
    ),
    Case(
        "KubernetesJobFailed",
        {'kube_job_failed{namespace="ray",job_name="load",condition="true"}': "1x60"},
        {"namespace": "ray", "job_name": "load"},
        {'kube_job_failed{namespace="ray",job_name="load",condition="false"}': "1x60"},
    ),
    Case(
        "AcceleratorPodPending",
        {WANTS: "1x60", PENDING: "1x60"},
        PODS,
        {WANTS: "1x60", PENDING: "1x50 0x10"},
    ),
    Case(
        "QueueStands",
        {f'{WAITING}{{cluster_queue="gpu",status="active"}}': "3x300"},
        {"cluster_queue": "gpu"},
        {f'{WAITING}{{cluster_queue="gpu",status="active"}}': "3x200 0 3x99"},
        minute=280,
    ),
    Case(
        "JobsInadmissible",
        {f'{WAITING}{{cluster_queue="gpu",status="inadmissible"}}': "1x300"},
        {"cluster_queue": "gpu"},
        {f'{WAITING}{{cluster_queue="gpu",status="active"}}': "1x300"},
        minute=280,
    ),
    Case(
        "QueueInactive",
        {'kueue_cluster_queue_status{cluster_queue="gpu",status="active"}': "0x60"},
        {"cluster_queue": "gpu"},
        {'kueue_cluster_queue_status{cluster_queue="gpu",status="active"}': "1x60"},
    ),
    Case(
        "WorkflowsFail",
        {f'{COUNT}{{namespace="argo-workflows",phase="Failed"}}': "0x50 1x10"},
        {"namespace": "argo-workflows"},
        {f'{COUNT}{{namespace="argo-workflows",phase="Succeeded"}}': "0+1x60"},
    ),
    Case(
        "WorkflowControllerError",
        {'argo_workflows_error_count{cause="CronWorkflowSpecError"}': "0x50 1x10"},
        {"cause": "CronWorkflowSpecError"},
        {'argo_workflows_error_count{cause="CronWorkflowSpecError"}': "4x60"},
    ),
]


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    assert run(CASES, tmp_path) == ""
