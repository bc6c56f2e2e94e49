"""Privileges: rights over its node that a pod has only afterwards."""

import pytest

from charts_src.review.gates.privileges import gate
from tests.review.gates.pairs import edited, found, pair

POD = """      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: main
        image: example.com/main:1
        ports: [{containerPort: 80}]
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          readOnlyRootFilesystem: true
        volumeMounts: [{name: logs, mountPath: /logs, readOnly: true}]
      volumes: [{name: logs, emptyDir: {}}]
"""
GOOD = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: a}}
spec:
  template:
    spec:
{POD}"""
POD_PATH = "Deployment a/web: spec.template.spec"
MAIN = f"{POD_PATH}.containers[name=main]"
CONTEXT = f"{MAIN}.securityContext"


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            "allowPrivilegeEscalation: false",
            "allowPrivilegeEscalation: false\n          privileged: true",
            [f"{CONTEXT}.privileged: gives the container the node; leave it out"],
        ),
        (
            "allowPrivilegeEscalation: false",
            "allowPrivilegeEscalation: true",
            [
                f"{CONTEXT}.allowPrivilegeEscalation: may gain more rights than it starts with; set it "
                f"to false"
            ],
        ),
        (
            "drop: [ALL]",
            "drop: [ALL], add: [SYS_ADMIN, NET_RAW]",
            [
                f"{CONTEXT}.capabilities.add: gains the capability NET_RAW; leave it out",
                f"{CONTEXT}.capabilities.add: gains the capability SYS_ADMIN; leave it out",
            ],
        ),
        (
            "drop: [ALL]",
            "drop: [KILL]",
            [f"{CONTEXT}.capabilities.drop: keeps the capabilities that the runtime gives; drop ALL"],
        ),
        (
            "          readOnlyRootFilesystem: true\n",
            "",
            [
                f"{CONTEXT}.readOnlyRootFilesystem: can write to its image's files; set it to true, and "
                f"mount "
                "an emptyDir"
            ],
        ),
        (
            "        runAsNonRoot: true\n",
            "",
            [f"{CONTEXT}.runAsNonRoot: may run as root; set it to true"],
        ),
        (
            "runAsNonRoot: true",
            "runAsNonRoot: true\n        runAsUser: 0",
            [f"{CONTEXT}.runAsUser: runs as root; name another user"],
        ),
        (
            "RuntimeDefault",
            "Unconfined",
            [f"{CONTEXT}.seccompProfile.type: may make any system call; set RuntimeDefault"],
        ),
        (
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: true\n          procMount: Unmasked",
            [f"{CONTEXT}.procMount: sees what the runtime hides of /proc; leave it out"],
        ),
        (
            "      containers:",
            "      hostNetwork: true\n      hostPID: true\n      hostIPC: true\n      containers:",
            [
                f"{POD_PATH}.hostIPC: shares the IPC of its node; leave it out",
                f"{POD_PATH}.hostNetwork: shares the Network of its node; leave it out",
                f"{POD_PATH}.hostPID: shares the PID of its node; leave it out",
            ],
        ),
        (
            "      containers:",
            "      shareProcessNamespace: true\n      containers:",
            [f"{POD_PATH}.shareProcessNamespace: lets containers look into each other; leave it out"],
        ),
        (
            "{containerPort: 80}",
            "{containerPort: 80, hostPort: 80}",
            [f"{MAIN}.ports: takes port 80 of its node; use a Service"],
        ),
        (
            "emptyDir: {}",
            "hostPath: {path: /var/log}",
            [f"{POD_PATH}.volumes[name=logs].hostPath: mounts /var/log of its node; leave it out"],
        ),
        (
            "automountServiceAccountToken: false",
            "automountServiceAccountToken: true",
            [
                f"{POD_PATH}.automountServiceAccountToken: gives the pod a token for the API; say false "
                f"unless "
                "it calls the API"
            ],
        ),
        (
            "      automountServiceAccountToken: false\n",
            "",
            [
                f"{POD_PATH}.automountServiceAccountToken: gives the pod a token for the API; say false "
                f"unless "
                "it calls the API"
            ],
        ),
    ],
    ids=[
        "privileged",
        "escalation",
        "capabilities",
        "no drop",
        "root file system",
        "non-root",
        "user 0",
        "seccomp",
        "proc",
        "host",
        "processes",
        "host port",
        "host path",
        "token",
        "token by default",
    ],
)
def test_says_which_right_is_new(old: str, new: str, messages: list[str]) -> None:
    worse = edited(GOOD, old, new)
    assert found(gate, pair(GOOD, worse)) == [f"privileges: {each}" for each in messages]
    assert (
        found(gate, pair(worse, worse + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")) == []
    )
    assert found(gate, pair(worse, GOOD)) == []


def test_a_mount_of_the_node_that_becomes_writable_is_a_right() -> None:
    old = edited(GOOD, "emptyDir: {}", "hostPath: {path: /var/log}")
    assert found(gate, pair(old, edited(old, ", readOnly: true", ""))) == [
        f"privileges: {MAIN}.volumeMounts[mountPath=/logs]: writes to its node; set readOnly: true"
    ]


def test_another_image_gives_no_right() -> None:
    assert found(gate, pair(GOOD, edited(GOOD, "main:1", "main:2"))) == []


def test_what_moves_from_the_pod_to_its_container_is_still_there() -> None:
    new = edited(GOOD, "        runAsNonRoot: true\n", "")
    new = edited(new, "          allow", "          runAsNonRoot: true\n          allow")
    assert found(gate, pair(GOOD, new)) == []


def test_a_container_before_it_does_not_make_one_new() -> None:
    old = edited(GOOD, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    first = POD[POD.index("      - name: main") : POD.index("      volumes:")].replace("main", "first")
    new = edited(old, "      - name: main", f"{first}      - name: main")
    assert found(gate, pair(old, new)) == []


def test_all_rights_of_a_new_object_are_new() -> None:
    rest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n"
    assert found(gate, pair(rest, rest + GOOD)) == []
    assert found(
        gate, pair(rest, rest + edited(GOOD, "drop: [ALL]", "drop: [ALL]}\n          privileged: true #"))
    ) == [f"privileges: {CONTEXT}.privileged: gives the container the node; leave it out"]


RAY = """apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: shared, namespace: ray}
spec:
  autoscalerOptions:
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}
  headGroupSpec:
    template: {spec: {containers: []}}
  workerGroupSpecs:
  - groupName: cpu
    template:
      spec:
        containers:
        - {name: worker, image: 'example.com/ray:1', securityContext: {privileged: false}}
"""


def test_pods_of_custom_resources_are_looked_at() -> None:
    assert found(gate, pair(RAY, edited(RAY, "privileged: false", "privileged: true"))) == [
        "privileges: RayCluster ray/shared: spec.workerGroupSpecs[groupName=cpu].template.spec.containers"
        "[name=worker].securityContext.privileged: gives the container the node; leave it out"
    ]


def test_what_looks_like_a_container_is_looked_at() -> None:
    path = "RayCluster ray/shared: spec.autoscalerOptions.securityContext"
    new = edited(RAY, "allowPrivilegeEscalation: false, ", "")
    assert found(gate, pair(RAY, new)) == [
        f"privileges: {path}.allowPrivilegeEscalation: is less strict than before; leave it as it was"
    ]
    without = edited(
        RAY,
        "    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}\n",
        "    version: v2\n",
    )
    assert found(gate, pair(RAY, without)) == [
        f"privileges: {path}.allowPrivilegeEscalation: is less strict than before; leave it as it was",
        f"privileges: {path}.readOnlyRootFilesystem: is less strict than before; leave it as it was",
    ]


def test_settings_in_a_text_are_looked_at() -> None:
    old = """apiVersion: v1
kind: ConfigMap
metadata: {name: hub, namespace: a}
data:
  config.json: |
    {
      "container_security_context": {"runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}}
    }
"""
    path = 'privileges: ConfigMap a/hub: data["config.json"] | container_security_context'
    less = "is less strict than before; leave it as it was"
    assert found(gate, pair(old, edited(old, "true", "false"))) == [f"{path}.runAsNonRoot: {less}"]
    assert found(gate, pair(old, edited(old, '"ALL"', '"KILL"'))) == [f"{path}.capabilities.drop[]: {less}"]


def test_an_account_that_gets_its_token_mounted_is_told() -> None:
    old = """apiVersion: v1
kind: ServiceAccount
metadata: {name: job, namespace: a}
automountServiceAccountToken: false
"""
    assert found(gate, pair(old, edited(old, "false", "true"))) == [
        "privileges: ServiceAccount a/job: automountServiceAccountToken: gives the pod a token for the "
        "API; say "
        "false unless it calls the API"
    ]
