"""Rules that keep secrets out of Git."""

from collections.abc import Iterator
from typing import Any

from charts_src.credentials import CREDENTIAL, OWNERS
from charts_src.objects import Body
from charts_src.policy.rule import Violation

_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105  # the name of a type


def none_in_git(body: Body) -> Iterator[Violation]:
    """Refuse Secrets with content, and text that looks like a key or token in any object."""
    if body["kind"] == "Secret" and (body.get("data") or body.get("stringData")):
        yield Violation("data", "is a secret; keep it in a secret store, not in Git")
    yield from _secret_texts(body, "")


def account_tokens(body: Body) -> Iterator[Violation]:
    """Demand the type of Secrets for which Kubernetes is to make a token; without it they stay empty."""
    names = "kubernetes.io/service-account.name" in body["metadata"].get("annotations", {})
    if body["kind"] == "Secret" and names and body.get("type") != _TOKEN:
        yield Violation("type", f"must be {_TOKEN}, as it names an account")


def _secret_texts(value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secret_texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secret_texts(item, f"{path}[{index}]")
    elif isinstance(value, str) and (match := CREDENTIAL.search(value)):
        yield Violation(
            path, f"looks like {OWNERS[match.lastgroup or '']}; keep it in a secret store, not in Git"
        )
