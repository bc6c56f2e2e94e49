import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from charts_src.lib.llama2 import gang_jobs
from charts_src.objects import Body, Identity
from charts_src.policy import violations
from charts_src.schema import store
from tests.training_environment import cpu_training, training

TASKS = ["check-network", "precompile", "train", "evaluate"]


def replicas(job: Body, role: str) -> Any:
    return job["spec"]["mpiReplicaSpecs"][role]


def only(job: Body, role: str) -> Any:
    (container,) = replicas(job, role)["template"]["spec"]["containers"]
    return container


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("env", [training(), cpu_training()], ids=["trainium", "cpu"])
def test_every_gang_fits_the_strict_schema_and_the_policies(env: Any, task: str) -> None:
    job = gang_jobs(env)[task]
    assert store.problems(job, "1.36") == []
    assert list(violations(job)) == []


def test_a_worker_takes_all_devices_and_interfaces_of_its_node() -> None:
    amounts = {
        "cpu": "120",
        "memory": "440Gi",
        "aws.amazon.com/neuron": "16",
        "vpc.amazonaws.com/efa": "8",
    }
    worker = only(gang_jobs(training())["train"], "Worker")
    assert worker["resources"] == {"requests": amounts, "limits": amounts}


def test_workers_are_held_to_one_pool_and_the_launcher_to_system_nodes() -> None:
    job = gang_jobs(training())["train"]
    worker = replicas(job, "Worker")["template"]["spec"]
    assert worker["nodeSelector"] == {
        "genai-on-eks/accelerator": "trainium",
        "genai-on-eks/purpose": "training",
        "karpenter.sh/nodepool": "trainium",
    }
    assert worker["tolerations"] == [
        {"key": "aws.amazon.com/neuron", "operator": "Exists", "effect": "NoSchedule"}
    ]
    launcher = replicas(job, "Launcher")["template"]["spec"]
    assert launcher["nodeSelector"] == {"genai-on-eks/accelerator": "none", "genai-on-eks/purpose": "system"}


def test_on_cpus_a_worker_asks_for_no_device() -> None:
    job = gang_jobs(cpu_training())["train"]
    assert replicas(job, "Worker")["replicas"] == 2
    assert only(job, "Worker")["resources"]["requests"] == {"cpu": "1", "memory": "4Gi"}
    assert only(job, "Worker")["image"] == "registry.example.com/genai/llama2-train-cpu:0.1.0"
    assert [variable["name"] for variable in only(job, "Worker")["env"]] == ["HEARTBEAT_FILE", "HOME"]


def test_the_job_waits_in_the_queue_and_fails_at_the_first_failure_of_its_launcher() -> None:
    job = gang_jobs(training())["train"]
    assert job["metadata"]["labels"] == {
        "kueue.x-k8s.io/queue-name": "default",
        "kueue.x-k8s.io/priority-class": "training",
    }
    assert job["spec"]["runPolicy"] == {
        "activeDeadlineSeconds": 168 * 3600,
        "backoffLimit": 0,
        "cleanPodPolicy": "Running",
    }
    assert job["spec"]["launcherCreationPolicy"] == "WaitForWorkersReady"
    assert job["spec"]["slotsPerWorker"] == 1
    assert replicas(job, "Launcher")["restartPolicy"] == replicas(job, "Worker")["restartPolicy"] == "Never"


def test_mpi_starts_one_process_on_each_worker_with_the_whole_environment() -> None:
    launcher = only(gang_jobs(training())["train"], "Launcher")
    arguments = launcher["args"]
    assert arguments[:6] == ["-np", "4", "--map-by", "ppr:1:node", "--bind-to", "none"]
    exported = [arguments[index + 1] for index, each in enumerate(arguments) if each == "-x"]
    assert exported == [*(variable["name"] for variable in launcher["env"]), "MASTER_ADDR"]
    assert {"FI_PROVIDER", "NEURON_COMPILE_CACHE_URL", "HEARTBEAT_FILE"} <= set(exported)
    command = arguments[arguments.index("python") :]
    assert command[:4] == ["python", "-m", "llama2.node", "train"]
    assert command[4:8] == ["--device", "neuron", "--processes", "32"]
    assert command[-2:] == ["--resume", "auto"]


def test_precompilation_sees_the_arguments_of_the_training() -> None:
    jobs = gang_jobs(training())
    graphs = [
        arguments[arguments.index("llama2.node") + 2 :]
        for arguments in (only(jobs[task], "Launcher")["args"] for task in ("precompile", "train"))
    ]
    assert [*graphs[0], "--resume", "auto"] == graphs[1]


def test_gangs_have_no_token_and_their_shared_memory_has_a_limit() -> None:
    worker = replicas(gang_jobs(training())["train"], "Worker")["template"]["spec"]
    assert worker["automountServiceAccountToken"] is False
    assert {"name": "shared-memory", "emptyDir": {"sizeLimit": "16Gi", "medium": "Memory"}} in worker[
        "volumes"
    ]
    assert {"name": "shared", "persistentVolumeClaim": {"claimName": "fsx"}} in worker["volumes"]
    assert worker["securityContext"]["runAsUser"] == 1000


def test_only_tasks_that_do_steps_are_watched_for_hangs() -> None:
    jobs = gang_jobs(training())
    assert [task for task in TASKS if "livenessProbe" in only(jobs[task], "Worker")] == ["train", "evaluate"]


@pytest.mark.parametrize(
    ("age_minutes", "alive"), [(None, True), (0, True), (29, True), (31, False)], ids=str
)
def test_a_worker_without_a_step_for_too_long_is_ended(
    age_minutes: int | None, alive: bool, tmp_path: Path
) -> None:
    probe = only(gang_jobs(training())["train"], "Worker")["livenessProbe"]["exec"]["command"]
    heartbeat = tmp_path / "heartbeat"
    if age_minutes is not None:
        heartbeat.touch()
        then = time.time() - age_minutes * 60
        os.utime(heartbeat, (then, then))
    command = [part.replace("/tmp/heartbeat", str(heartbeat)) for part in probe]  # noqa: S108
    assert (subprocess.run(command, check=False).returncode == 0) is alive


def test_the_shell_can_read_what_launcher_and_worker_run() -> None:
    job = gang_jobs(training())["train"]
    for role in ("Launcher", "Worker"):
        shell, _, script, *_ = only(job, role)["command"]
        subprocess.run([shell, "-n", "-c", script], check=True)


def launch(tmp_path: Path, ssh: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher's script with stand-ins for ssh and mpirun, and the files that the operator mounts."""
    command = only(gang_jobs(training())["train"], "Launcher")["command"]
    places = {"/run/mpi-ssh": "keys", "/etc/mpi": "mpi", "/tmp/known_hosts": "known_hosts"}  # noqa: S108
    for folder in ("keys", "mpi", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "keys/id_rsa.pub").write_text("ecdsa-sha2-nistp521 AAAA comment\n")
    (tmp_path / "mpi/hostfile").write_text("w-0.job.training.svc slots=1\nw-1.job.training.svc slots=1\n")
    programs = {"ssh": ssh, "mpirun": 'echo "$MASTER_ADDR: mpirun $*" >> "$LOG"', "sleep": "true"}
    for name, body in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    script = command[2]
    for before, after in places.items():
        script = script.replace(before, str(tmp_path / after))
    surroundings = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LOG": str(tmp_path / "log")}
    return subprocess.run(
        ["/bin/sh", "-c", script.replace("+ 3600", "+ 1"), "launch", "-np", "2"],
        env=surroundings,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_launcher_starts_mpi_when_every_worker_has_answered(tmp_path: Path) -> None:
    done = launch(tmp_path, 'echo "$*" | grep -o "w-.*" >> "$LOG"')
    assert done.returncode == 0, done.stderr
    first, second, third = (tmp_path / "log").read_text().splitlines()
    assert first == "w-0.job.training.svc touch /tmp/heartbeat"
    assert second == "w-1.job.training.svc touch /tmp/heartbeat"
    assert third.startswith("w-0.job.training.svc: mpirun --mca plm_rsh_args -p 2222 ")
    assert third.endswith("--mca plm_rsh_no_tree_spawn 1 -np 2")
    assert (tmp_path / "known_hosts").read_text() == "worker ecdsa-sha2-nistp521 AAAA\n"


def test_the_launcher_gives_up_on_a_worker_that_does_not_answer(tmp_path: Path) -> None:
    done = launch(tmp_path, "exit 255")
    assert done.returncode == 1
    assert done.stderr.strip() == "w-0.job.training.svc does not answer"
    assert not (tmp_path / "log").exists()


def test_a_gang_is_named_by_its_task() -> None:
    jobs = gang_jobs(training())
    assert list(jobs) == TASKS
    assert Identity.of(jobs["train"]).name == "llama2-train"
