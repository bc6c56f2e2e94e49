"""Which of its rendered rights a ServiceAccount used, as the audit log of a plane tells.

A right is one verb on one resource, as a rule of a role grants it. What was not used is either explained in
RESERVE, or too much.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from charts_src.objects import Body
from charts_src.proofs.tree import Objects
from tools.cluster.audit import AuditEvent


class Right(NamedTuple):
    """One verb on one resource; `resource` may have a subresource, such as pods/status, and any part a *."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        """Write it as kubectl auth can-i asks for it."""
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")

    def covers(self, event: AuditEvent) -> bool:
        """Say whether a request needed this right."""
        asked = event.group, event.resource, event.verb
        return all(fnmatchcase(had, right) for had, right in zip(asked, self, strict=True))


class Reserve(NamedTuple):
    """Rights that a run on a plane does not need; each part is a regular expression for the whole."""

    account: str
    right: str
    """As a Right is written."""
    reason: str


class Account(NamedTuple):
    """A ServiceAccount's rights, in order: those that it used, those explained, and the rest."""

    name: str
    """Namespace and name, with a colon, as the audit log has it."""
    used: tuple[Right, ...]
    explained: dict[Right, str]
    idle: tuple[Right, ...]

    @property
    def accounted(self) -> float:
        """Share of the rights that were used or are explained; 1 when it has none."""
        total = len(self.used) + len(self.explained) + len(self.idle)
        return 1 - len(self.idle) / total if total else 1.0


def account(
    objects: Objects, namespace: str, name: str, events: Iterable[AuditEvent], reserves: Iterable[Reserve]
) -> Account:
    """Sort the rights of a ServiceAccount; `events` may be of others too."""
    whole = f"{namespace}:{name}"
    own = {event for event in events if event.user == f"system:serviceaccount:{whole}" and event.resource}
    allowed = [event for event in own if event.decision == "allow"]
    rights = sorted(set(granted(objects, namespace, name)))
    used = tuple(right for right in rights if any(right.covers(event) for event in allowed))
    reasons = {
        right: reserve.reason
        for right in rights
        for reserve in reserves
        if right not in used
        and re.fullmatch(reserve.account, whole)
        and re.fullmatch(reserve.right, str(right))
    }
    idle = tuple(right for right in rights if right not in used and right not in reasons)
    return Account(whole, used, reasons, idle)


def granted(objects: Objects, namespace: str, name: str) -> Iterator[Right]:
    """Give every right that rendered bindings give a ServiceAccount, wherever it holds."""
    for binding in objects.values():
        if binding["kind"] in ("ClusterRoleBinding", "RoleBinding") and any(
            subject["kind"] == "ServiceAccount"
            and subject["name"] == name
            and subject.get("namespace", binding["metadata"].get("namespace")) == namespace
            for subject in binding.get("subjects") or ()
        ):
            yield from _rules(objects, binding)


def _rules(objects: Objects, binding: Body) -> Iterator[Right]:
    wanted = binding["roleRef"]["kind"], binding["roleRef"]["name"]
    for key, role in objects.items():
        if (key.kind, key.name) == wanted and key.namespace in ("", binding["metadata"].get("namespace")):
            for rule in role.get("rules") or ():
                for group in rule.get("apiGroups", ()):  # a rule on paths has none
                    for resource in rule["resources"]:
                        yield from (Right(group, resource, verb) for verb in rule["verbs"])
