"""What service accounts asked the API server for, and what it answered: its audit log.

An operator that may not list a kind shows no event and stays ready; only here is it seen.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "userGroups": ["system:serviceaccounts"]}, {"level": "None"}],
}
"""Logs who asked for what, without bodies, and of service accounts only."""


class AuditEvent(NamedTuple):
    """One response."""

    user: str
    """Such as system:serviceaccount:kuberay-system:kuberay-operator."""
    verb: str
    """As RBAC has it: list, watch, create..."""
    group: str
    resource: str
    """With its subresource, as RBAC writes it: pods/status; empty for a path that is no resource."""
    namespace: str
    name: str
    code: int
    """HTTP status."""
    decision: str
    """What authorization said: allow or forbid. A 403 that it allowed comes from admission."""
    uri: str


def events(log: Path, user_prefix: str = "") -> Iterator[AuditEvent]:
    """Read the finished responses to the users whose name begins so; a line still being written is left."""
    if not log.exists():
        return
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                event = _event(json.loads(line))
                if event.user.startswith(user_prefix):
                    yield event


def _event(line: Any) -> AuditEvent:
    about = line.get("objectRef", {})
    parts = [about.get("resource", ""), about.get("subresource", "")]
    return AuditEvent(
        user=line["user"]["username"],
        verb=line["verb"],
        group=about.get("apiGroup", ""),
        resource="/".join(part for part in parts if part),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=line.get("responseStatus", {}).get("code", 0),
        decision=line.get("annotations", {}).get("authorization.k8s.io/decision", ""),
        uri=line["requestURI"],
    )
