"""Admission: what no longer refuses pods."""

import pytest

from charts_src.review.gates.admission import gate
from tests.review.gates.pairs import edited, found, pair

REST = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rest, namespace: a}\n"
NAMESPACE = """apiVersion: v1
kind: Namespace
metadata:
  name: a
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: v1.35
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
"""
ENFORCE = 'metadata.labels["pod-security.kubernetes.io/enforce"]'
POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: images}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector:
      matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: In, values: [a, b]}
    resourceRules:
    - {apiGroups: [""], operations: [CREATE, UPDATE], resources: [pods]}
  validations:
  - expression: object.all(i, ['docker.io/', 'ghcr.io/'].exists(prefix, i.startsWith(prefix)))
    message: no
"""
BINDING = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: images}
spec: {policyName: images, validationActions: [Audit, Deny]}
"""
WEBHOOK = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: queues}
webhooks:
- {name: one.example.com, failurePolicy: Fail}
- {name: two.example.com, failurePolicy: Fail}
"""
SEE = "see that nothing passes that did not before"


@pytest.mark.parametrize("level", ["baseline", "privileged"])
def test_a_namespace_that_becomes_less_strict_is_told(level: str) -> None:
    new = edited(NAMESPACE, "enforce: restricted", f"enforce: {level}")
    assert found(gate, pair(NAMESPACE, new)) == [
        f"privileges: Namespace a: {ENFORCE}: goes from restricted to {level}: pods in it may do more; write "
        "restricted"
    ]
    assert found(gate, pair(new, NAMESPACE)) == []


def test_a_namespace_without_a_level_is_privileged() -> None:
    new = edited(NAMESPACE, "    pod-security.kubernetes.io/enforce: restricted\n", "")
    assert found(gate, pair(NAMESPACE, new)) == [
        f"privileges: Namespace a: {ENFORCE}: goes from restricted to privileged: pods in it may do "
        f"more; write "
        "restricted"
    ]


def test_a_new_namespace_has_to_be_restricted() -> None:
    assert found(gate, pair(REST, NAMESPACE + REST)) == []
    assert found(gate, pair(REST, edited(NAMESPACE, "enforce: restricted", "enforce: baseline") + REST)) == [
        f"privileges: Namespace a: {ENFORCE}: is baseline in a new namespace: pods in it may do more; write "
        "restricted"
    ]


def test_another_version_of_the_standard_is_no_weaker_one() -> None:
    assert found(gate, pair(NAMESPACE, edited(NAMESPACE, "v1.35", "v1.36"))) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            POLICY,
            "ValidatingAdmissionPolicy images: removed: what it refused is allowed from then on",
        ),
        (
            BINDING,
            "ValidatingAdmissionPolicyBinding images: removed: the policy that it binds refuses nothing from "
            "then on",
        ),
        (
            WEBHOOK,
            "ValidatingWebhookConfiguration queues: removed: what it refused is allowed from then on",
        ),
    ],
)
def test_what_refuses_is_not_to_go(body: str, message: str) -> None:
    expected = [f"privileges: {message}; bring it back, or sign it off"]
    assert found(gate, pair(body + REST, REST)) == expected
    assert found(gate, pair(REST, body + REST)) == []


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        (BINDING, "[Audit, Deny]", "[Audit]", "spec.validationActions[]: is gone, was Deny"),
        (BINDING, "policyName: images", "policyName: other", "spec.policyName: is other, was images"),
        (POLICY, "failurePolicy: Fail", "failurePolicy: Ignore", "spec.failurePolicy: is Ignore, was Fail"),
        (
            POLICY,
            "values: [a, b]",
            "values: [a]",
            "spec.matchConstraints.namespaceSelector.matchExpressions[key=kubernetes.io/metadata.name].values[]:"
            " is gone, was b",
        ),
        (
            POLICY,
            "[CREATE, UPDATE]",
            "[CREATE]",
            "spec.matchConstraints.resourceRules[0].operations[]: is gone, was UPDATE",
        ),
        (
            POLICY,
            "['docker.io/', 'ghcr.io/']",
            "['docker.io/', 'evil.example/', 'ghcr.io/']",
            "spec.validations[0].expression: allows 'evil.example/' too",
        ),
        (
            POLICY,
            "expression: object.all(i, ['docker.io/', 'ghcr.io/'].exists(prefix, i.startsWith(prefix)))",
            "expression: 'true'",
            "spec.validations[0].expression: is true, was object.all(i, ['docker.io/', 'ghcr.io/'].exists("
            "prefix, i.startsWith(prefix)))",
        ),
        (
            WEBHOOK,
            "two.example.com, failurePolicy: Fail",
            "two.example.com, failurePolicy: Ignore",
            "webhooks[name=two.example.com].failurePolicy: is Ignore, was Fail",
        ),
    ],
    ids=["actions", "name", "failure", "namespaces", "operations", "list", "expression", "webhook"],
)
def test_what_refuses_is_not_to_refuse_less(body: str, old: str, new: str, message: str) -> None:
    kind = body.partition("kind: ")[2].partition("\n")[0]
    name = "queues" if body is WEBHOOK else "images"
    assert found(gate, pair(body, edited(body, old, new))) == [f"privileges: {kind} {name}: {message}: {SEE}"]


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (BINDING, "[Audit, Deny]", "[Audit, Deny, Warn]"),
        (POLICY, "['docker.io/', 'ghcr.io/']", "['ghcr.io/']"),
        (POLICY, "values: [a, b]", "values: [a, b, c]"),
        (POLICY, "message: no", "message: never"),
        (WEBHOOK, "name: queues", "name: queues, labels: {a: b}"),
    ],
)
def test_what_refuses_may_refuse_more(body: str, old: str, new: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == []


def test_a_webhook_that_leaves_its_configuration_is_told() -> None:
    new = edited(WEBHOOK, "- {name: two.example.com, failurePolicy: Fail}\n", "")
    assert found(gate, pair(WEBHOOK, new)) == [
        "privileges: ValidatingWebhookConfiguration queues: webhooks[name=two.example.com]: is removed: "
        "what it "
        "refused or added is not any more; bring it back, or sign it off"
    ]
