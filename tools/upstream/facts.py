"""Reads objects as a set of facts, one line each, that can be compared.

Names and labels are left out where they are free to choose; what a program may do belongs to its account,
however many roles grant it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from charts_src.objects import Body, all_containers, pod_specs

CATEGORIES = ("object", "rule", "scope", "command", "arg", "env", "port", "webhook")
"""What facts are about; each fact begins with one of them."""

_BOUND = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_LEFT_OUT = ("CustomResourceDefinition", "Kustomization", "Namespace")
"""Kinds that other components render, or none."""

_DEFAULTED = ("apiVersion", "containerName", "divisor")
"""Fields of a variable's source that the API server fills in."""

Rename = Callable[[str], str]
"""Gives our name for upstream's; for our own objects, the name itself."""


@dataclass
class Facts:
    """What a set of objects says; of each rule also whether it holds in the whole cluster."""

    lines: set[str] = field(default_factory=set)
    rules: dict[str, bool] = field(default_factory=dict)


def facts(bodies: Iterable[Body], rename: Rename = str) -> Facts:
    """Give the facts of objects, without those of kinds that are never compared."""
    bodies = [body for body in bodies if body["kind"] not in _LEFT_OUT]
    found = Facts(rules=_rules(bodies, rename))
    bound = {_reference(body["roleRef"]) for body in bodies if "roleRef" in body}
    for body in bodies:
        found.lines.update(_object(body, rename, bound))
        found.lines.update(_webhooks(body))
        found.lines.update(_ports_of_service(body, rename))
        for _, spec in pod_specs(body):
            place = f"{body['kind']}/{rename(body['metadata']['name'])}"
            for _, container in all_containers(spec):
                found.lines.update(_container(f"{place} {rename(container['name'])}", container))
    return found


def _reference(role: Body) -> tuple[str, str]:
    return role["kind"], role["name"]


def _object(body: Body, rename: Rename, bound: set[tuple[str, str]]) -> Iterator[str]:
    """Name an object; of roles only those that nobody has, as the rules of others are compared."""
    kind, name = body["kind"], body["metadata"]["name"]
    if kind not in _BOUND or (kind.endswith("Role") and (kind, name) not in bound):
        yield f"object {kind}/{rename(name)}"


def _rules(bodies: list[Body], rename: Rename) -> dict[str, bool]:
    """Give what each account may do, and whether in the whole cluster."""
    roles: dict[tuple[str, str], list[Body]] = defaultdict(list)
    for body in bodies:
        if body["kind"] in ("ClusterRole", "Role"):
            roles[body["kind"], body["metadata"]["name"]] += body.get("rules") or []
    found: dict[str, bool] = {}
    for body in bodies:
        if "roleRef" not in body:
            continue
        role, wide = _reference(body["roleRef"]), body["kind"] == "ClusterRoleBinding"
        lines = [line for rule in roles[role] for line in _verbs(rule, rename)]
        for subject in body.get("subjects") or []:
            for line in lines or [f"{'/'.join(role)} bound"]:
                name = f"rule {rename(subject['name'])}: {line}"
                found[name] = wide or found.get(name, False)
    return found


def _verbs(rule: Body, rename: Rename) -> Iterator[str]:
    names = rule.get("resourceNames") or [""]
    resources = [
        f"{resource}.{group}" if group else resource
        for group in rule.get("apiGroups") or []
        for resource in rule.get("resources") or []
    ]
    for what in (*resources, *(rule.get("nonResourceURLs") or [])):
        for name in names:
            for verb in rule["verbs"]:
                yield f"{what}({rename(name)}) {verb}" if name else f"{what} {verb}"


def _webhooks(body: Body) -> Iterator[str]:
    """Name each call of a webhook by its path, as the names of webhooks are free to choose."""
    if body["kind"] not in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        return
    for webhook in body["webhooks"]:
        path = webhook["clientConfig"].get("service", {}).get("path", "/")
        yield f"webhook {path}: failurePolicy {webhook.get('failurePolicy', 'Fail')}"
        for rule in webhook.get("rules") or []:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for operation in rule["operations"]:
                        yield f"webhook {path}: {resource}.{group} {operation}"


def _ports_of_service(body: Body, rename: Rename) -> Iterator[str]:
    if body["kind"] == "Service":
        for port in body["spec"].get("ports") or []:
            name = rename(body["metadata"]["name"])
            yield f"port Service/{name}: {port['port']}/{port.get('protocol', 'TCP')}"


def _container(place: str, container: Body) -> Iterator[str]:
    words = [str(word) for word in (*(container.get("command") or []), *(container.get("args") or []))]
    flags = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    if flags:
        yield f"command {place}: {_line(' '.join(words[:flags]))}"
    for argument in _arguments(words[flags:]):
        yield f"arg {place}: {argument}"
    for variable in container.get("env") or []:
        yield f"env {place}: {variable['name']}{_value(variable)}"
    for source in container.get("envFrom") or []:
        yield f"env {place}: all of {_flat(source)}"
    for port in container.get("ports") or []:
        yield f"port {place}: {port['containerPort']}/{port.get('protocol', 'TCP')}"


def _arguments(words: list[str]) -> Iterator[str]:
    """Write each argument in one way: a flag has two dashes and its value after an equals sign."""
    flag = ""
    for word in words:
        if not word.startswith("-"):
            yield f"{flag}={_line(word)}" if flag else _line(word)
            flag = ""
            continue
        if flag:
            yield flag
        name = f"--{word.lstrip('-')}"
        flag = "" if "=" in name else name
        if not flag:
            yield _line(name)
    if flag:
        yield flag


def _value(variable: Body) -> str:
    if source := variable.get("valueFrom"):
        return f" from {_flat(source)}"
    return f"={_line(str(variable.get('value') or ''))}"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in _DEFAULTED}
        return " ".join(f"{key} {_flat(item)}" for key, item in sorted(kept.items()))
    return str(value)


def _line(text: str) -> str:
    return " ".join(text.split())
