"""The gang for real: the rendered launcher and workers as pods of their own, with sshd and Open MPI."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import pods
import rendered
from genai import checkpoints
from llama2.dataset import Dataset
from pods import Cluster, Pod

NAMES = {f"job-worker-{number}.job.training.svc": f"10.77.0.{10 + number}" for number in range(2)}
LAUNCHER = {"job-launcher": "10.77.0.2"}
STEPS, EVERY = 60, 15

Step = Callable[..., "subprocess.CompletedProcess[str]"]


class Gang(NamedTuple):
    """Two workers, and what the operator mounts."""

    cluster: Cluster
    root: Path
    fsx: Path
    workers: list[Pod]

    @property
    def places(self) -> dict[str, str]:
        return {
            "/tmp": pods.TEMPORARY,  # noqa: S108
            "/fsx": str(self.fsx),
            "/run/mpi-ssh": str(self.root / "keys"),
            "/etc/mpi": str(self.root / "mpi"),
        }

    def launch(self, task: str, run: str = "tiny", batch: int = 8) -> Pod:
        """Start the rendered launcher of a task; those of one worker are told of the first alone."""
        entry = launcher(task)
        workers = int(entry.words[entry.words.index("-np") + 1])
        hostfile = self.root / "mpi/hostfile"
        hostfile.write_text("".join(f"{name} slots=1\n" for name in list(NAMES)[:workers]))
        data = self.fsx / "data/llama2"
        flags = {
            "--dataset": str(data / "dataset-64"),
            "--run": str(data / "runs" / run),
            "--sequence-length": "64",
            "--global-batch": str(batch),
            "--steps": str(STEPS),
            "--checkpoint-every": str(EVERY),
        }
        given = {flag: value for flag, value in flags.items() if flag in entry.words}
        environment = variables(entry, self.places) | {
            "OMPI_MCA_orte_keep_fqdn_hostnames": "true",
            "OMPI_MCA_orte_default_hostfile": str(hostfile),
            "OMPI_MCA_orte_set_default_slots": "1",
        }
        return self.cluster.start("job-launcher", entry.command(self.places, given), environment)

    def finish(self, task: str, run: str = "tiny") -> str:
        """Run a task to its good end; give what it said."""
        pod = self.launch(task, run)
        code = pod.wait(240)
        said = pod.log.read_text()
        assert code == 0, said + "".join(worker.log.read_text() for worker in self.workers)
        launcher(task).ran()
        return said


def launcher(task: str) -> rendered.Entry:
    return rendered.entry("dev", f"llama2-pretraining/start-{task}/Launcher/launcher")


def variables(entry: rendered.Entry, places: dict[str, str]) -> dict[str, str]:
    """Give a container its own environment, and nothing of this one's but the image's PATH."""
    found = entry.environ(places)
    return {name: found[name] for name in (*entry.variables, "PATH")}


@pytest.fixture(scope="module")
def gang(place: Path, fsx: Path, sources: str) -> Iterator[Gang]:
    root = place / "gang"
    (root / "mpi").mkdir(parents=True)
    write_keys(root / "keys")
    write_python(root / "bin", sources)
    runs = fsx / "data/llama2/runs"
    runs.mkdir(exist_ok=True)
    os.chown(runs, pods.USER, pods.USER)
    with pytest.MonkeyPatch.context() as patch, pods.cluster(root, NAMES | LAUNCHER) as cluster:
        patch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
        patch.setattr(sys, "executable", str(root / "bin/python"))
        made = Gang(cluster, root, fsx, [])
        worker = rendered.entry("dev", "llama2-pretraining/start-train/Worker/worker")
        for name in NAMES:
            short = name.split(".")[0]
            made.workers.append(
                cluster.start(short, worker.command(made.places), variables(worker, made.places))
            )
        yield made
        for pod in made.workers:
            assert pod.process.poll() is None, pod.log.read_text()
        worker.ran()


def write_keys(folder: Path) -> None:
    """Write the Secret of the operator: an ECDSA key, which the pod's group can read."""
    folder.mkdir()
    key = folder / "id_rsa"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ecdsa", "-b", "521", "-m", "PEM", "-N", "", "-f", str(key)], check=True
    )
    (folder / "authorized_keys").write_text((folder / "id_rsa.pub").read_text())
    for path in folder.iterdir():
        os.chown(path, 0, pods.USER)
        path.chmod(0o640)


def write_python(folder: Path, sources: str) -> None:
    """Write what the image has in its PATH: a Python that knows its packages."""
    folder.mkdir()
    script = folder / "python"
    script.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{sources}" PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    script.chmod(0o755)


def losses(fsx: Path, run: str, tag: str = "loss/train") -> dict[int, float]:
    """Read a curve as TensorBoard does: of steps done twice the later one."""
    curves = EventAccumulator(str(fsx / f"data/llama2/runs/{run}/curves"))
    curves.Reload()
    return {event.step: event.value for event in curves.Scalars(tag)}


def until(found: Callable[[], Any], pod: Pod, timeout: float = 240) -> Any:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := found():
            return value
        assert pod.process.poll() is None, pod.log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"not in {timeout} seconds: {pod.log.read_text()}")


def test_all_workers_find_each_other_and_sum_up_numbers(gang: Gang) -> None:
    said = gang.finish("check-network")
    assert "node 0 of 2: 1 processes, first node job-worker-0.job.training.svc" in said
    assert "node 1 of 2: 1 processes, first node job-worker-0.job.training.svc" in said
    assert "INFO all-reduce of 2 processes: " in said


def test_there_is_nothing_to_compile_on_cpus(gang: Gang) -> None:
    assert gang.finish("precompile").count("nothing to compile for cpu") == 2


METRICS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9095/metrics').read().decode())"


def test_a_training_runs_to_its_end_and_its_first_worker_alone_serves_metrics(gang: Gang) -> None:
    pod = gang.launch("train", "whole")
    first, second = gang.workers
    served = until(lambda: _metrics(first), pod)
    assert _metrics(second) == ""
    assert pod.wait(240) == 0, pod.log.read_text()
    launcher("train").ran()
    assert float(served["train_tokens_per_second"]) > 0
    found = losses(gang.fsx, "whole")
    assert list(found) == list(range(1, STEPS + 1))
    assert found[STEPS] < found[1] - 1
    left = checkpoints.all_of(gang.fsx / "data/llama2/runs/whole/checkpoints")
    assert [each.step for each in left] == [60, 45, 30, 15]
    assert [checkpoints.broken(each) for each in left] == [None] * 4
    for worker in gang.workers:
        assert (worker.files / "heartbeat").exists()


def _metrics(worker: Pod) -> Any:
    """Give what a worker serves once it has done a step."""
    done = worker.inside(sys.executable, "-c", METRICS)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("train_")]
    found = dict(lines)
    return found if float(found.get("train_step", 0)) > 0 else ""


def test_a_lost_process_ends_the_gang_and_the_next_one_goes_on_from_its_newest_good_checkpoint(
    gang: Gang,
) -> None:
    root = gang.fsx / "data/llama2/runs/broken/checkpoints"
    pod = gang.launch("train", "broken")
    until(lambda: len(checkpoints.all_of(root)) >= 2, pod)
    (victim,) = gang.workers[1].processes("-u -m llama2.worker")
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    assert pod.wait(120) != 0
    assert time.monotonic() - killed < 30
    until(lambda: not any(each.processes("llama2.worker") for each in gang.workers), gang.workers[0], 60)

    torn, sound = checkpoints.all_of(root)[:2]
    assert torn.step < STEPS
    shard = max(torn.folder.glob("*.distcp"))
    with shard.open("r+b") as file:
        file.truncate(shard.stat().st_size // 2)
    said = gang.finish("train", "broken")
    assert f"WARNING checkpoint {torn.folder} is passed over: {shard.name} is not what was written" in said
    assert f"goes on from {sound.folder}" in said
    assert losses(gang.fsx, "broken") == pytest.approx(losses(gang.fsx, "whole"), rel=1e-4)


def test_the_evaluation_reads_the_checkpoint_of_two_workers_with_one(gang: Gang) -> None:
    said = gang.finish("evaluate", "whole")
    found = json.loads((gang.fsx / "data/llama2/runs/whole/evaluation.json").read_text())
    assert found["step"] == STEPS
    assert found["loss"] == pytest.approx(losses(gang.fsx, "whole", "loss/held-back")[STEPS])
    assert abs(found["loss"] - losses(gang.fsx, "whole")[STEPS]) < 0.5
    assert f"step {STEPS}: loss {found['loss']:.4f}" in said


def test_wrong_input_ends_the_gang_with_one_line_that_names_the_remedy(gang: Gang) -> None:
    pod = gang.launch("train", batch=7)
    assert pod.wait(60) == 2
    said = pod.log.read_text()
    assert (
        "error: --global-batch 7 can't be shared evenly by 2 copies of the model; write a multiple of 2"
        in said
    )
    assert "Traceback" not in said


def test_the_exported_model_is_the_one_that_was_evaluated(gang: Gang, step: Step) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    run = gang.fsx / "data/llama2/runs/whole"
    os.chown(run, pods.USER, pods.USER)
    done = step("export", gang.fsx, {"--run": str(run)})
    assert done.returncode == 0, done.stderr
    model, notes = LlamaForCausalLM.from_pretrained(
        run / "model", dtype=torch.float32, output_loading_info=True
    )
    assert not any(notes.values()), notes
    assert AutoTokenizer.from_pretrained(run / "model").eos_token == "</s>"  # noqa: S105
    samples = Dataset(
        {"sequence_length": 64, "type": "<u2", "vocabulary": 258}, gang.fsx / "data/llama2/dataset-64"
    ).held_back
    count = len(samples)
    tokens = torch.stack([torch.from_numpy(samples[number]) for number in range(count)])
    with torch.no_grad():
        logits = model(tokens[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
    assert float(loss) == pytest.approx(json.loads((run / "evaluation.json").read_text())["loss"], rel=2e-3)
