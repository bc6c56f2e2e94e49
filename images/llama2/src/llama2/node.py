"""What MPI starts once on each worker: looks at the order, then becomes torchrun for the node's processes.

Who is who: MPI says the number of this node and how many there are; the launcher says which host is first, in
MASTER_ADDR, the same to all. The first node sees to it that the name is its own before anyone waits for it.
Nothing of an earlier start can be taken for this one: the launcher of every try reads its own list of hosts,
whose pods are new, so no process listens there but ours; and a node that comes early asks again, name
included, until the first one listens.
"""

import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from genai import errors
from genai.errors import InputError
from genai.progress import touch_heartbeat
from llama2.architectures import architecture
from llama2.arguments import ORDER, Settings, check, parse
from llama2.dataset import open_dataset

PORT = 29_400
"""Port of the first node at which processes find each other."""

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def main() -> None:
    """Check all that can be checked before processes start, then start them."""
    words = sys.argv[1:]
    settings = parse(words)
    rank, nodes = _number("OMPI_COMM_WORLD_RANK"), _number("OMPI_COMM_WORLD_SIZE")
    check(settings, nodes)
    if settings.task != "check-network":
        architecture(settings.model)
        open_dataset(settings)
    if settings.task == "precompile" and settings.device != "neuron":
        print(f"nothing to compile for {settings.device}")
        return
    first = os.environ.get("MASTER_ADDR", "")
    if rank == 0:
        check_first(first)
    touch_heartbeat()
    command = torchrun(settings, rank, nodes, first)
    print(f"node {rank} of {nodes}: {settings.processes} processes, first node {first}", flush=True)
    # torchrun takes the place of this process: MPI's signals reach it, and MPI sees how it ends.
    os.execvpe(command[0], command, environment(settings, words, os.environ))  # noqa: S606


def torchrun(settings: Settings, rank: int, nodes: int, first: str) -> list[str]:
    """Give the command that starts the processes of this node."""
    command = [sys.executable, "-m", "torch.distributed.run", "--max-restarts", "0"]
    command += ["--nnodes", str(nodes), "--node-rank", str(rank), "--master-addr", first]
    command += ["--master-port", str(PORT), "--nproc-per-node", str(settings.processes)]
    command += ["-m", "llama2.worker"]
    if settings.task == "precompile":
        compiler = shutil.which("neuron_parallel_compile")
        if not compiler:
            raise InputError("neuron_parallel_compile is not in PATH; use the image llama2-train-neuron")
        return [compiler, *command]
    return command


def environment(settings: Settings, words: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the processes: their order, and threads as the pod may use CPUs.

    The order is no argument, as torchrun takes our --run for short for its own --run-path.
    """
    threads = max(1, _cpus() // settings.processes)
    return {"OMP_NUM_THREADS": str(threads), **given, ORDER: json.dumps(words)}


def _number(name: str) -> int:
    try:
        return int(os.environ[name])
    except (KeyError, ValueError) as error:
        raise InputError(f"{name} is no number; start this with mpirun of Open MPI") from error


def check_first(name: str) -> None:
    """See whether the name is one of ours: only then an address of it can be listened at."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
    except OSError as error:
        raise InputError(
            f"MASTER_ADDR is {name!r}, which is not this host ({error}); name the first host of MPI's "
            "hostfile"
        ) from error


def _cpus() -> int:
    """Give the CPUs that this container may use."""
    own = len(os.sched_getaffinity(0))
    try:
        quota, period = _QUOTA.read_text(encoding="utf-8").split()
        return min(own, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        return own


if __name__ == "__main__":
    errors.run(main)
