"""Secrets: what looks like one, by place and never by value."""

import pytest

from charts_src.review.gates.secrets import gate
from tests.review.gates.pairs import edited, found, pair

REMEDY = "revoke it, remove it from the branch's history too, and keep it in AWS Secrets Manager"
OLD = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: a}
data:
  key: value
"""
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"  # put together, or this file would hold one


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        (KEY, "an AWS access key"),
        ("hf_" + "a1" * 15, "a Hugging Face token"),
        ("ghp_" + "a1" * 18, "a GitHub token"),
        ("xoxb-" + "1234567890-abc", "a Slack token"),
        ("'-----BEGIN " + "RSA PRIVATE KEY-----'", "a PEM block"),
    ],
)
def test_names_the_line_and_never_the_secret(secret: str, what: str) -> None:
    messages = found(gate, pair(OLD, edited(OLD, "value", secret)))
    assert messages == [
        f"secrets: ConfigMap a/settings: line 5 of app/objects.yaml: looks like {what}; {REMEDY}"
    ]
    assert secret not in messages[0]


def test_what_was_there_before_is_none_of_this_change() -> None:
    old = edited(OLD, "value", KEY)
    assert found(gate, pair(old, edited(old, "name: settings", "name: other"))) == []


def test_files_of_the_aws_side_are_looked_at() -> None:
    both = pair(OLD, OLD)
    both = both._replace(new=both.new._replace(templates={"access.json": f'{{\n"a": "{KEY}"\n}}'}))
    assert found(gate, both) == [
        f"secrets: File access.json: line 2 of access.json: looks like an AWS access key; {REMEDY}"
    ]


EMPTY = """apiVersion: v1
kind: Secret
metadata: {name: token, namespace: a}
stringData: {}
"""


def test_a_secret_has_no_content_in_git() -> None:
    new = edited(EMPTY, "{}", "{password: hunter2}")
    assert found(gate, pair(EMPTY, EMPTY)) == []
    assert found(gate, pair(OLD, f"{OLD}---\n{EMPTY}")) == []
    messages = found(gate, pair(EMPTY, new))
    assert messages == [f"secrets: Secret a/token: stringData.password: is a secret in Git; {REMEDY}"]
    assert found(gate, pair(new, edited(new, "name: token", "name: token, labels: {a: b}"))) == []


def test_settings_of_argo_cd_are_no_secret() -> None:
    labelled = edited(
        EMPTY, "namespace: a", "namespace: a, labels: {argocd.argoproj.io/secret-type: cluster}"
    )
    new = edited(
        labelled, "{}\n", "{name: in-cluster, server: 'arn:aws:eks:x', config: '{bearerToken: x}'}\n"
    )
    assert found(gate, pair(OLD, f"{OLD}---\n{new}")) == [
        f"secrets: Secret a/token: stringData.config: is a secret in Git; {REMEDY}"
    ]


POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a}
spec:
  containers:
  - name: main
    env:
    - {name: API_TOKEN, value: file}
    - {name: MODEL, value: file}
"""
RANDOM = "q8Zr2mVb7KpX1sTd9WfG"


def test_a_variable_named_like_a_secret_has_no_random_value() -> None:
    path = "spec.containers[name=main].env[name=API_TOKEN].value"
    assert found(gate, pair(POD, edited(POD, "API_TOKEN, value: file", f"API_TOKEN, value: {RANDOM}"))) == [
        f"secrets: Pod a/web: {path}: looks like a secret; {REMEDY}"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MODEL, value: file", f"MODEL, value: {RANDOM}"),
        ("API_TOKEN, value: file", "API_TOKEN, value: /var/run/secrets/token"),
        ("API_TOKEN, value: file", "API_TOKEN, value: ray-token-of-namespace-training-1"),
    ],
    ids=["another name", "path", "name of a secret"],
)
def test_what_only_resembles_a_secret_is_none(old: str, new: str) -> None:
    assert found(gate, pair(POD, edited(POD, old, new))) == []
