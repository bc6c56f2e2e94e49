"""Which pods of an environment come together."""

from charts_src import workspace
from charts_src.proofs.pods import Pod, all_pods
from charts_src.proofs.workloads import at_once, jobs


def pods(env: str) -> list[Pod]:
    return all_pods(workspace.objects(env).values())


def test_a_job_that_a_step_creates_is_one_job() -> None:
    found = [job for job in jobs(pods("prod")) if any(pod.gang for pod in job)]
    assert len(found) == 4
    for job in found:
        assert [pod.path.rpartition(": ")[2] for pod in job] == [
            "spec.mpiReplicaSpecs.Launcher.template.spec",
            "spec.mpiReplicaSpecs.Worker.template.spec",
        ]
        assert len({pod.path.partition(".resource")[0] for pod in job}) == 1
        assert {pod.queue for pod in job} == {"default"}


def test_a_ray_job_is_one_job_with_its_head() -> None:
    (job,) = [job for job in jobs(pods("dev")) if job[0].owner.kind == "RayJob"]
    assert [pod.path for pod in job] == [
        "spec.rayClusterSpec.headGroupSpec.template.spec",
        "spec.rayClusterSpec.workerGroupSpecs[0].template.spec",
    ]
    assert [pod.queue for pod in job] == ["default", "default"]


def test_a_workflow_runs_its_largest_step_and_its_largest_gang_at_once() -> None:
    mine = [pod for pod in pods("prod") if str(pod.owner) == "WorkflowTemplate training/llama2-pretraining"]
    assert sorted(pod.copies for pod in at_once(mine)) == [1, 1, 4]


def test_a_service_has_its_fewest_and_its_most_copies() -> None:
    mine = [
        pod for pod in pods("prod") if str(pod.owner) == "RayService stable-diffusion/stable-diffusion-gpu"
    ]
    assert [(pod.fewest, pod.copies) for pod in mine] == [(1, 1), (2, 8)]


def test_an_application_of_spark_grows_from_its_fewest_executors() -> None:
    mine = [pod for pod in pods("prod") if pod.owner.kind == "ScheduledSparkApplication"]
    assert [(pod.fewest, pod.copies) for pod in mine] == [(1, 1), (1, 40)]
