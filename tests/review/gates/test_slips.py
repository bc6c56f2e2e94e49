"""Gates for slips of the hand: wrong digits, lost fields, permissions, waves, edited definitions."""

import json
from typing import Any

import pytest

from charts_src.emit import emit
from charts_src.review.gates import definitions, leaps, order, permissions, renames, safeguards
from charts_src.schema.store import installable_crd
from tests.review.gates.pairs import edited, found, pair

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: {karpenter.sh/do-not-disrupt: "true", genai-on-eks/config-checksum: abc}
spec:
  replicas: 2
  template:
    spec:
      priorityClassName: high
      containers:
      - name: web
        image: example.com/web:1
        args: [--tls, --log=info]
        env:
        - {name: LEVEL, value: info}
        ports:
        - {name: http, containerPort: 8080}
        livenessProbe: {periodSeconds: 10, httpGet: {path: /, port: http}}
        resources: {requests: {cpu: 500m, memory: 1Gi}}
"""
PLACE = "Deployment shop/web: spec.template.spec"
CONTAINER = f"{PLACE}.containers[name=web]"


@pytest.mark.parametrize(
    ("old", "new", "path", "numbers"),
    [
        ("memory: 1Gi", "memory: 1Mi", f"{CONTAINER}.resources.requests.memory", "1Gi to 1Mi"),
        ("cpu: 500m", "cpu: 500", f"{CONTAINER}.resources.requests.cpu", "500m to 500"),
        ("replicas: 2", "replicas: 20", "Deployment shop/web: spec.replicas", "2 to 20"),
        ("periodSeconds: 10", "periodSeconds: 1", f"{CONTAINER}.livenessProbe.periodSeconds", "10 to 1"),
    ],
)
def test_ten_times_as_much_or_a_tenth_is_told(old: str, new: str, path: str, numbers: str) -> None:
    assert found(leaps.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, old, new))) == [
        f"leaps: {path}: goes from {numbers}: check the digits and the unit, or sign it off"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("replicas: 2", "replicas: 9"),
        ("cpu: 500m", "cpu: '4'"),
        ("containerPort: 8080", "containerPort: 80"),
        ("replicas: 2", "replicas: 0"),
        ("value: info", "value: debug"),
        ("memory: 1Gi", "memory: 1024Mi"),
    ],
)
def test_other_amounts_are_left_to_people(old: str, new: str) -> None:
    assert found(leaps.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, old, new))) == []


@pytest.mark.parametrize(
    ("lost", "path", "loss"),
    [
        (
            "      priorityClassName: high\n",
            f"{PLACE}.priorityClassName",
            "it is evicted before others when a node is full",
        ),
        (
            "        livenessProbe: {periodSeconds: 10, httpGet: {path: /, port: http}}\n",
            f"{CONTAINER}.livenessProbe",
            "nobody restarts it when it hangs",
        ),
        ("--tls, ", f"{CONTAINER}.args[0]", "the program goes by its default"),
        ("        args: [--tls, --log=info]\n", f"{CONTAINER}.args", "the program goes by its default"),
        (
            'karpenter.sh/do-not-disrupt: "true", ',
            'Deployment shop/web: metadata.annotations["karpenter.sh/do-not-disrupt"]',
            "karpenter.sh/do-not-disrupt is not there for Karpenter v1.15.1, pkg/apis/v1/labels.go",
        ),
    ],
)
def test_what_protected_a_program_and_is_gone_is_told(lost: str, path: str, loss: str) -> None:
    assert found(safeguards.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, lost, ""))) == [
        f"safeguards: {path}: is gone: {loss}; bring it back, or sign it off"
    ]


def test_a_renamed_variable_is_one_that_is_gone() -> None:
    assert found(safeguards.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, "name: LEVEL", "name: LEVELX"))) == [
        f"safeguards: {CONTAINER}.env[name=LEVEL]: is gone: the program goes by its default; bring it back, "
        "or sign it off"
    ]


def test_all_annotations_that_go_at_once_are_told_together() -> None:
    line = '  annotations: {karpenter.sh/do-not-disrupt: "true", genai-on-eks/config-checksum: abc}\n'
    (finding,) = found(safeguards.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, line, "")))
    assert "do-not-disrupt is not there for Karpenter" in finding
    assert "checksum" not in finding


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("args: [--tls, --log=info]", "args: [--log=info, --tls]"),
        ("args: [--tls, --log=info]", "args: [--tls, --log=info, --new]"),
        ("value: info", "value: debug"),
        (", genai-on-eks/config-checksum: abc", ""),
    ],
)
def test_arguments_and_values_may_change(old: str, new: str) -> None:
    assert found(safeguards.gate, pair(DEPLOYMENT, edited(DEPLOYMENT, old, new))) == []


def test_a_new_version_may_need_fewer_arguments() -> None:
    bumped = edited(edited(DEPLOYMENT, "web:1", "web:2"), "--tls, ", "")
    assert found(safeguards.gate, pair(DEPLOYMENT, bumped)) == []


RBAC = """---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get, list]}
"""
LOST = (
    "permissions: ServiceAccount shop/web: may no longer {}, by Role shop/web: what runs as it may fail; "
    "check that"
)


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("verbs: [get, list]", "verbs: [get]", "list pods"),
        ("resources: [pods]", "resources: [secrets]", "get pods, list pods"),
        ("kind: Role, name: web}", "kind: Role, name: webs}", "get pods, list pods"),
    ],
)
def test_an_account_that_may_do_less_is_told(old: str, new: str, lost: str) -> None:
    assert found(permissions.gate, pair(RBAC, edited(RBAC, old, new))) == [LOST.format(lost)]


@pytest.mark.parametrize(
    ("old", "new"), [("verbs: [get, list]", "verbs: [list, get, watch]"), ("shop", "shop")]
)
def test_an_account_that_may_do_as_much_or_more_is_not_told(old: str, new: str) -> None:
    assert found(permissions.gate, pair(RBAC, edited(RBAC, old, new))) == []


def test_a_new_version_may_need_fewer_permissions_and_none_when_it_goes() -> None:
    old, narrow = DEPLOYMENT + RBAC, edited(RBAC, "verbs: [get, list]", "verbs: [get]")
    assert found(permissions.gate, pair(old, edited(DEPLOYMENT, "web:1", "web:2") + narrow)) == []
    assert found(permissions.gate, pair(old, DEPLOYMENT)) == []


WAVES = """apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: {argocd.argoproj.io/sync-wave: "1"}
spec: {template: {spec: {serviceAccountName: web, containers: [{name: web, image: a}]}}}
"""


@pytest.mark.parametrize("wave", ["0", "2"])
def test_an_object_in_the_wrong_wave_is_told(wave: str) -> None:
    assert found(order.gate, pair(edited(WAVES, '"1"', '"3"'), WAVES)) == []
    assert found(order.gate, pair(WAVES, edited(WAVES, '"1"', f'"{wave}"'))) == [
        'order: Deployment shop/web: metadata.annotations["argocd.argoproj.io/sync-wave"]: is applied in '
        f"wave {wave}, what it needs and what needs it demand 1; render anew"
    ]


def crd(change: Any = None) -> dict[str, str]:
    body = json.loads(json.dumps(installable_crd("nodepools.karpenter.sh")))
    if change:
        change(body["spec"])
    return {"karpenter-crds/customresourcedefinition-nodepools.karpenter.sh.yaml": emit(body)}


def unserve(spec: Any) -> None:
    spec["versions"][0]["served"] = False


def test_a_definition_that_was_edited_is_told_and_the_published_one_is_not() -> None:
    assert found(definitions.gate, pair(crd(unserve), crd())) == []
    assert found(definitions.gate, pair(crd(), crd(unserve))) == [
        "definitions: CustomResourceDefinition nodepools.karpenter.sh: spec: is not what the pinned package "
        "has: objects are checked by other rules than upstream's; render anew"
    ]


def test_a_definition_of_nobody_is_told() -> None:
    (text,) = crd().values()
    new = {"a/b.yaml": text.replace("name: nodepools.karpenter.sh", "name: pools.karpenter.sh")}
    assert found(definitions.gate, pair({}, new)) == [
        "definitions: CustomResourceDefinition pools.karpenter.sh: spec: is in no pinned package; add the "
        "package to charts_src/schema/sources.py"
    ]


POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
"""


def test_an_object_that_gets_another_name_is_told() -> None:
    assert found(renames.gate, pair(POLICY, edited(POLICY, "name: web", "name: webs"))) == [
        "renames: NetworkPolicy shop/web: metadata.name: becomes NetworkPolicy shop/webs: what it allows is "
        "cut in between; keep the name, or sign it off"
    ]


@pytest.mark.parametrize(("old", "new"), [("name: web", "name: web"), ("10.0.0.0/8", "10.0.0.0/9")])
def test_an_object_that_keeps_its_name_is_not_renamed(old: str, new: str) -> None:
    assert found(renames.gate, pair(POLICY, edited(POLICY, old, new))) == []


def test_another_object_that_comes_as_one_goes_is_no_new_name() -> None:
    other = edited(edited(POLICY, "name: web", "name: webs"), "10.0.0.0/8", "10.0.0.0/9")
    assert found(renames.gate, pair(POLICY, other)) == []


def test_more_pods_that_are_away_in_a_rollout_are_told() -> None:
    calm = edited(DEPLOYMENT, "  replicas: 2\n", "  strategy: {rollingUpdate: {maxUnavailable: 0}}\n")
    assert found(safeguards.gate, pair(calm, edited(calm, "maxUnavailable: 0", "maxUnavailable: 1"))) == [
        "safeguards: Deployment shop/web: spec.strategy.rollingUpdate.maxUnavailable: goes from 0 to 1: "
        "fewer pods answer while it rolls out; keep it"
    ]
    assert found(safeguards.gate, pair(edited(calm, "maxUnavailable: 0", "maxUnavailable: 1"), calm)) == []
