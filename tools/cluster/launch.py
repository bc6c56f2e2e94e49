"""The command line of each process of a plane.

Sources: etcd v3.6.13 (server/embed/config.go), Kubernetes v1.36.3 (cmd/kube-apiserver/app/options,
cmd/kube-controller-manager/app/options, cmd/kube-scheduler/app/options), kwok v0.8.0 (pkg/kwok/cmd/root.go).
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tools.cluster.audit import POLICY
from tools.cluster.binaries import binary
from tools.cluster.credentials import Credentials
from tools.cluster.processes import Process, Processes

_LOOPBACK = "127.0.0.1"
_ISSUER = "https://kubernetes.default.svc"
_ALONE = ("--leader-elect=false", "--secure-port=0")
"""Of a controller that has no other beside it, and that nobody asks how it is."""


def data(folder: Path) -> Path:
    """Say where the etcd of a plane keeps its data."""
    return folder / "etcd"


def etcd(processes: Processes, port: int, peer: int) -> Process:
    """Start etcd, which forgets on a crash of the machine but not of a process."""
    url, peer_url = f"http://{_LOOPBACK}:{port}", f"http://{_LOOPBACK}:{peer}"
    return processes.start(
        "etcd",
        binary("etcd"),
        f"--data-dir={data(processes.folder)}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
        grace=0,
    )


def api_server(
    processes: Processes,
    etcd_port: int,
    port: int,
    keys: Credentials,
    minor: str,
    flags: Iterable[str] = (),
) -> Process:
    """Start the API server."""
    policy = processes.folder / "audit-policy.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    return processes.start(
        "kube-apiserver",
        binary(f"kube-apiserver-{minor}" if minor else "kube-apiserver"),
        f"--etcd-servers=http://{_LOOPBACK}:{etcd_port}",
        f"--tls-cert-file={keys.certificate}",
        f"--tls-private-key-file={keys.serving_key}",
        f"--secure-port={port}",
        f"--bind-address={_LOOPBACK}",
        f"--token-auth-file={keys.token_file}",
        f"--service-account-key-file={keys.public_key}",
        f"--service-account-signing-key-file={keys.private_key}",
        f"--service-account-issuer={_ISSUER}",
        f"--api-audiences={_ISSUER}",
        "--authorization-mode=Node,RBAC",
        "--service-cluster-ip-range=172.20.0.0/16",
        # As the one of EKS: CSI drivers and device plugins need it, namespaces forbid it to others.
        "--allow-privileged=true",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={processes.folder / 'audit.log'}",
        "--audit-log-mode=batch",
        *flags,
        environ={"GOMEMLIMIT": "1600MiB"},  # it works on definitions of a megabyte, several times on each
        grace=0,  # on SIGTERM it waits a minute for watches to end
    )


def controller_manager(processes: Processes, kubeconfig: Path, keys: Credentials) -> Process:
    """Start all controllers that are on by default, each with its own ServiceAccount."""
    return processes.start(
        "kube-controller-manager",
        binary("kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={keys.private_key}",
        f"--root-ca-file={keys.certificate}",
        "--use-service-account-credentials",
        *_ALONE,
        grace=1,
    )


def scheduler(processes: Processes, kubeconfig: Path) -> Process:
    """Start the scheduler."""
    return processes.start(
        "kube-scheduler",
        binary("kube-scheduler"),
        f"--kubeconfig={kubeconfig}",
        *_ALONE,
        grace=1,
    )


def kwok(
    processes: Processes, name: str, kubeconfig: Path, port: int, nodes: str, stages: Iterable[Path]
) -> Process:
    """Start a simulator of the nodes that a label selector selects."""
    return processes.start(
        name,
        binary("kwok"),
        f"--kubeconfig={kubeconfig}",
        f"--manage-nodes-with-label-selector={nodes}",
        # Renewed after a quarter of it: half as often as by a kubelet, in time for the controller manager.
        "--node-lease-duration-seconds=80",
        f"--server-address={_LOOPBACK}:{port}",
        *(f"--config={stage}" for stage in stages),
        grace=1,
    )
