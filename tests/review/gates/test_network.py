"""Network: connections that are open only afterwards."""

import pytest

from charts_src.review.gates.network import gate
from tests.review.gates.pairs import edited, found, pair

NAMESPACES = """apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: Namespace
metadata: {name: b}
"""
PODS = """---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: a, labels: {app: db}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: b, labels: {app: client}}
spec: {containers: []}
"""
DENY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: a}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: b}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: a}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}
      podSelector: {matchLabels: {app: client}}
    ports: [{port: 80}]
  egress:
  - to:
    - podSelector: {matchLabels: {app: db}}
    ports: [{port: 5432}]
  - to:
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports: [{port: 443, endPort: 445}]
"""
ALL = NAMESPACES + PODS + DENY + POLICY
NEEDED = "; name the peers and ports that are needed"
IN = "network: NetworkPolicy a/web: spec.ingress: opens"
OUT = "network: NetworkPolicy a/web: spec.egress: opens"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ports: [{port: 80}]", "ports: [{port: 80}, {port: 81}]", f"{IN} b/client -> a/web (port 81)"),
        ("    ports: [{port: 80}]\n", "", f"{IN} b/client -> a/web (any port)"),
        (
            "      podSelector: {matchLabels: {app: client}}\n",
            "",
            f"{IN} b/* -> a/web (port 80)",
        ),
        (
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}\n"
            "      podSelector: {matchLabels: {app: client}}",
            "namespaceSelector: {}",
            f"{IN} pods of every namespace -> a/web (port 80)",
        ),
        (
            "    ports: [{port: 80}]",
            "    ports: [{port: 80}]\n  - {}",
            f"{IN} everything -> a/web (any port)",
        ),
        (
            "    ports: [{port: 80}]",
            "    - ipBlock: {cidr: 0.0.0.0/0}\n    ports: [{port: 80}]",
            f"{IN} 0.0.0.0/0 -> a/web (port 80)",
        ),
        (
            "cidr: 10.0.0.0/8, except: [10.1.0.0/16]",
            "cidr: 0.0.0.0/0",
            f"{OUT} a/web -> 0.0.0.0/0 (port 443-445)",
        ),
        (
            ", except: [10.1.0.0/16]",
            "",
            f"{OUT} a/web -> 10.0.0.0/8 (port 443-445)",
        ),
        ("endPort: 445", "endPort: 446", f"{OUT} a/web -> 10.0.0.0/8 except 10.1.0.0/16 (port 443-446)"),
        ("{port: 5432}", "{port: 5432, protocol: UDP}", f"{OUT} a/web -> a/db (port 5432/UDP)"),
        (
            "policyTypes: [Ingress, Egress]\n  ingress:",
            "policyTypes: [Ingress, Egress]\n  ingress:\n  - from: [{podSelector: {matchLabels: {app: db}}}]",
            f"{IN} a/db -> a/web (any port)",
        ),
    ],
    ids=[
        "port",
        "all ports",
        "whole namespace",
        "every namespace",
        "everything",
        "all addresses in",
        "all addresses out",
        "exception",
        "range of ports",
        "protocol",
        "peer",
    ],
)
def test_says_which_connection_is_new(old: str, new: str, message: str) -> None:
    wider = edited(ALL, old, new)
    assert found(gate, pair(ALL, wider)) == [message + NEEDED]
    assert found(gate, pair(wider, wider)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ports: [{port: 80}]", "ports: [{port: 80, protocol: TCP}]"),
        ("cidr: 10.0.0.0/8, except: [10.1.0.0/16]", "cidr: 10.2.0.0/16"),
        ("except: [10.1.0.0/16]", "except: [10.0.0.0/15]"),
        ("port: 443, endPort: 445", "port: 444"),
        (
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}",
            "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, "
            "values: [b]}]}",
        ),
        ("metadata: {name: web, namespace: a}\nspec:\n", "metadata: {name: other, namespace: a}\nspec:\n"),
    ],
    ids=["protocol", "inner range", "larger exception", "fewer ports", "other words", "other name"],
)
def test_other_words_for_the_same_or_less_open_nothing(old: str, new: str) -> None:
    assert found(gate, pair(ALL, edited(ALL, old, new))) == []


def test_a_policy_that_is_split_opens_nothing() -> None:
    head = POLICY[: POLICY.index("  egress:")]
    first = edited(head, "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]")
    second = POLICY[: POLICY.index("  ingress:")] + POLICY[POLICY.index("  egress:") :]
    second = edited(edited(second, "name: web, n", "name: web-out, n"), "[Ingress, Egress]", "[Egress]")
    assert found(gate, pair(ALL, edited(ALL, POLICY, first + second))) == []


def test_the_last_policy_of_a_pod_is_what_holds_it() -> None:
    old = NAMESPACES + PODS + POLICY
    assert found(gate, pair(old, edited(old, POLICY, ""))) == [
        "network: NetworkPolicy a/web: spec.egress: no policy holds a/web: it may reach everything; "
        "select it by a policy",
        "network: NetworkPolicy a/web: spec.ingress: no policy holds a/web: it may be reached by "
        "everything; select it by a policy",
    ]


def test_a_namespace_stays_closed_by_default() -> None:
    held = edited(POLICY, "matchLabels: {app: web}", "matchExpressions: [{key: app, operator: Exists}]")
    old = NAMESPACES + PODS + DENY + held
    new = edited(old, DENY.partition("---\n")[2].partition("---\n")[0] + "---\n", "")
    assert found(gate, pair(old, new)) == [
        "network: NetworkPolicy a/default-deny: no longer closes egress and ingress for all pods of a, "
        "whatever "
        "runs there next is open; keep it"
    ]


def test_a_pod_whose_label_changes_may_be_open() -> None:
    old = NAMESPACES + PODS + POLICY
    messages = found(gate, pair(old, edited(old, "labels: {app: web}", "labels: {app: wep}")))
    assert messages == [
        "network: NetworkPolicy a/web: spec.egress: no policy holds a/web: it may reach everything; "
        "select it by a policy",
        "network: NetworkPolicy a/web: spec.ingress: no policy holds a/web: it may be reached by "
        "everything; select it by a policy",
    ]


def test_of_a_new_pod_only_what_leads_everywhere_is_told() -> None:
    rest = NAMESPACES + edited(PODS, PODS[: PODS.index("---", 3)], "") + DENY
    assert found(gate, pair(rest, ALL)) == []
    new = edited(ALL, "cidr: 10.0.0.0/8, except: [10.1.0.0/16]", "cidr: 0.0.0.0/0, except: [10.0.0.0/8]")
    assert found(gate, pair(rest, new)) == [
        f"{OUT} a/web -> 0.0.0.0/0 except 10.0.0.0/8 (port 443-445){NEEDED}"
    ]


def test_a_new_pod_that_no_policy_holds_is_told() -> None:
    rest = NAMESPACES + edited(PODS, PODS[: PODS.index("---", 3)], "")
    assert found(gate, pair(rest, NAMESPACES + PODS)) == [
        "network: Namespace a: spec.egress: no policy holds a/web: it may reach everything; select it "
        "by a policy",
        "network: Namespace a: spec.ingress: no policy holds a/web: it may be reached by everything; "
        "select it by a policy",
    ]


def test_another_image_opens_nothing() -> None:
    old = ALL + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a}\nspec: {image: one}\n"
    assert found(gate, pair(old, edited(old, "image: one", "image: two"))) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "matchLabels: {kubernetes.io/metadata.name: b}",
            "matchLabels: {}",
            f'{IN} {{"matchLabels": {{"app": "client"}}}} in every namespace -> a/web (port 80)',
        ),
        ("matchLabels: {app: client}", "matchLabels: {}", f"{IN} b/* -> a/web (port 80)"),
    ],
)
def test_a_selector_without_labels_selects_all(old: str, new: str, message: str) -> None:
    assert found(gate, pair(ALL, edited(ALL, old, new))) == [message + NEEDED]


def test_ranges_of_ipv6_are_compared_too() -> None:
    old = edited(ALL, "cidr: 10.0.0.0/8, except: [10.1.0.0/16]", "cidr: 'fd00::/16'")
    assert found(gate, pair(old, edited(old, "fd00::/16", "fd00::/32"))) == []
    assert found(gate, pair(old, edited(old, "fd00::/16", "::/0"))) == [
        f"{OUT} a/web -> ::/0 (port 443-445){NEEDED}"
    ]
