"""A gang as an MPIJob: one worker on each node, and a launcher that starts one process on every worker.

Sources, mpi-operator v0.8.2: pkg/controller/mpi_job_controller.go (pods, Service, Secret, hostfile, status),
examples/v2beta1/pi (ssh without root), pkg/controller/podgroup.go (gang minimum).

- Start: with WaitForWorkersReady the launcher is created when every worker is ready, so no launcher fails
  at hosts that have no address yet. The known deadlock of this policy needs a gang scheduler: its minimum
  counts the launcher, which isn't there before the workers run. We have none: Kueue admits launcher and
  workers together by quota, and pods are not held back at the scheduler.
- Restart: the launcher has no second try. Whatever breaks the gang fails the MPIJob, and the workflow makes
  a new one, with fresh pods on the nodes that are still there. So there is one way to restart, and no
  process of an earlier try that still holds a device.
- Hang: the launcher touches a file on every worker before it starts MPI, and from then on the first
  process of each worker must touch it after every step. The liveness probe of a worker fails when the file
  is too old; the kubelet ends the container, MPI loses its daemon there and ends all others, the launcher
  fails. This also finds a start that gets nowhere.
- ssh runs as the user of the pod, on a port above 1024, without any capability or privilege: tried with
  OpenSSH 9.2 as user 1000 with no_new_privs, empty capabilities and the key as the operator mounts it
  (owned by root, readable by the group, an ECDSA key). The key of the job is also the key of its hosts, so
  the launcher knows whom it talks to. Nothing of sshd_config of the image is read.
- Meeting: workers can't ask the API server where the first of them is, and have no list of hosts. The
  launcher has, and tells all of them its first host in MASTER_ADDR, where MPI puts rank 0; the process there
  makes sure of it. It is read anew by the launcher of each try, so nothing of an earlier one is left over.
- Kueue suspends an MPIJob as it is created; the launcher is then there from the start and runs with the
  workers when the gang is admitted, at first and after every preemption. So it waits for each of them by
  itself, too.
"""

from typing import NamedTuple

from charts_src.lib import training_metrics
from charts_src.lib.accelerators import EFA, RESOURCE, placement, process_tag
from charts_src.lib.named_pool import in_pool
from charts_src.lib.pod import container, mount, pod, port, resources, scratch
from charts_src.lib.queues import PRIORITY_LABEL, QUEUE, QUEUE_LABEL
from charts_src.lib.storage import fsx_volume
from charts_src.model.gang import Gang
from charts_src.model.node_pool import NodePool
from charts_src.objects import Body

USER = 1000
"""User and group of every process; also the owner of what is written to the shared file system."""

SHARED = "/fsx"
"""Mount path of the shared file system."""

SSH_PORT = 2222
SSH_KEYS = "/run/mpi-ssh"
HEARTBEAT = "/tmp/heartbeat"  # noqa: S108  # an emptyDir
WAIT_SECONDS = 3600
"""Longest time for which the launcher waits for a worker: longer than the 45 minutes after which Kueue takes
a gang back that is not ready (components/kueue.py)."""

_LAUNCH = f"""\
set -eu
options="-p {SSH_PORT} -i {SSH_KEYS}/id_rsa -o BatchMode=yes -o ConnectTimeout=10 -o IdentitiesOnly=yes \
-o HostKeyAlias=worker -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o GlobalKnownHostsFile=/dev/null \
-o UserKnownHostsFile=/tmp/known_hosts"
printf 'worker %s\\n' "$(cut -d' ' -f1,2 {SSH_KEYS}/id_rsa.pub)" > /tmp/known_hosts
deadline=$(( $(date +%s) + {WAIT_SECONDS} ))
for host in $(cut -d' ' -f1 /etc/mpi/hostfile); do
  until ssh $options "$host" touch {HEARTBEAT}; do
    [ "$(date +%s)" -lt "$deadline" ] || {{ echo "$host does not answer" >&2; exit 1; }}
    sleep 5
  done
done
MASTER_ADDR=$(head -n 1 /etc/mpi/hostfile | cut -d' ' -f1)
export MASTER_ADDR
exec mpirun --mca plm_rsh_args "$options" --mca plm_rsh_no_tree_spawn 1 "$@"
"""

_SERVE = f"""\
exec /usr/sbin/sshd -D -e -f /dev/null -p {SSH_PORT} -h {SSH_KEYS}/id_rsa \
-o AuthorizedKeysFile={SSH_KEYS}/authorized_keys -o PidFile=none -o StrictModes=no -o UsePAM=no \
-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o AllowTcpForwarding=no \
-o "SetEnv=PATH=$PATH LD_LIBRARY_PATH=${{LD_LIBRARY_PATH:-}} \
NEURON_PROCESS_TAG=${{NEURON_PROCESS_TAG:-}}"
"""


class Work(NamedTuple):
    """What a gang does."""

    name: str
    """Name of the MPIJob; may contain variables of the workflow."""

    role: str
    """Label app.kubernetes.io/name of its pods, by which network policies select them."""

    account: str
    """ServiceAccount of its pods."""

    image: str
    command: list[str]
    """Program that MPI starts once on each worker, with its arguments."""

    env: dict[str, str]
    """Environment of that program."""

    reports: str
    """Name of the run whose metrics the first worker serves; empty where there are none."""

    hang_minutes: int | None
    """Minutes without a touch of HEARTBEAT after which a worker is ended; None where no step is ever done."""

    longest_seconds: int
    """Seconds after which the gang is stopped."""


def mpi_job(work: Work, gang: Gang, pool: NodePool) -> Body:
    """Give the MPIJob; every field that the operator would default is written out."""
    reporting = training_metrics.reporting(work.reports) if work.reports else {}
    return {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": work.name, "labels": {QUEUE_LABEL: QUEUE, PRIORITY_LABEL: "training"}},
        "spec": {
            "slotsPerWorker": 1,
            "mpiImplementation": "OpenMPI",
            "launcherCreationPolicy": "WaitForWorkersReady",
            "runLauncherAsWorker": False,
            "sshAuthMountPath": SSH_KEYS,
            "runPolicy": {
                "activeDeadlineSeconds": work.longest_seconds,
                "backoffLimit": 0,
                "cleanPodPolicy": "Running",
            },
            "mpiReplicaSpecs": {
                "Launcher": _replicas(1, _template(work, _launcher(work, gang), {})),
                "Worker": _replicas(gang.workers, _template(work, _worker(work, gang, pool), reporting)),
            },
        },
    }


def worker_resources(gang: Gang, pool: NodePool) -> Body:
    """Ask for all accelerators and EFA interfaces of the node."""
    instance = pool.types[0]
    extended = {}
    if pool.accelerator != "none":
        extended[RESOURCE[pool.accelerator]] = str(instance.accelerators)
    if pool.efa:
        extended[EFA] = str(instance.efa_interfaces)
    return resources(str(gang.cpus), f"{gang.memory_gib}Gi", **extended)


def _replicas(count: int, template: Body) -> Body:
    return {"replicas": count, "restartPolicy": "Never", "template": template}


def _template(work: Work, spec: Body, labels: dict[str, str]) -> Body:
    """Keep Karpenter from moving any pod of the gang: it would take all others along."""
    metadata = {
        "labels": {"app.kubernetes.io/name": work.role} | labels,
        "annotations": {"karpenter.sh/do-not-disrupt": "true"},
    }
    return {"metadata": metadata, "spec": spec}


def _launcher(work: Work, gang: Gang) -> Body:
    """Pass the names of the environment's variables on; ssh sessions don't have those of the container."""
    exported = [argument for name in (*work.env, "MASTER_ADDR") for argument in ("-x", name)]
    launcher = container(
        "launcher",
        work.image,
        command=["/bin/sh", "-c", _LAUNCH, "launch"],
        args=[
            *("-np", str(gang.workers), "--map-by", "ppr:1:node", "--bind-to", "none"),
            *exported,
            *work.command,
        ],
        env=_environment(work),
        resources=resources("500m", "1Gi"),
        volumeMounts=[mount("tmp", "/tmp")],  # noqa: S108
    )
    return _pod(work, launcher, volumes=[scratch("tmp", "1Gi")], **placement("none", "system"))


def _worker(work: Work, gang: Gang, pool: NodePool) -> Body:
    """Hold a worker to its pool, whose nodes are alike, in one zone, and close to each other."""
    worker = container(
        "worker",
        work.image,
        command=["/bin/sh", "-c", _SERVE],
        env=[*_environment(work), *process_tag(pool.accelerator)],
        ports=[port("ssh", SSH_PORT), *([training_metrics.port()] if work.reports else [])],
        resources=worker_resources(gang, pool),
        readinessProbe={"tcpSocket": {"port": "ssh"}, "periodSeconds": 5},
        volumeMounts=[
            mount("shared", SHARED),
            mount("shared-memory", "/dev/shm"),  # noqa: S108
            mount("tmp", "/tmp"),  # noqa: S108
        ],
        **_liveness(work.hang_minutes),
    )
    memory = scratch("shared-memory", f"{gang.shared_memory_gib}Gi", medium="Memory")
    return _pod(
        work,
        worker,
        volumes=[fsx_volume("shared"), memory, scratch("tmp", "20Gi")],
        **in_pool(gang.pool, pool),
    )


def _liveness(minutes: int | None) -> dict[str, Body]:
    """Ask for the age of the file; before the launcher's first touch there is none, and nothing to ask."""
    if minutes is None:
        return {}
    test = f'[ ! -e {HEARTBEAT} ] || [ -n "$(find {HEARTBEAT} -mmin -{minutes})" ]'
    exec_probe = {"exec": {"command": ["/bin/sh", "-c", test]}}
    return {"livenessProbe": exec_probe | {"periodSeconds": 60, "timeoutSeconds": 10, "failureThreshold": 2}}


def _environment(work: Work) -> list[Body]:
    return [{"name": name, "value": value} for name, value in work.env.items()]


def _pod(work: Work, only: Body, **fields: object) -> Body:
    spec = pod(only, serviceAccountName=work.account, enableServiceLinks=False, **fields)
    identity = {
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    return spec | {"securityContext": spec["securityContext"] | identity}
