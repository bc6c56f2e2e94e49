"""Every resource that a role names is served: by the API server, or by a definition that is rendered."""

import json
from functools import cache

from charts_src.objects import Body
from charts_src.proofs.tree import Failure, Objects
from charts_src.schema.layout import RESOURCES, SCHEMAS

_SUBRESOURCES = ("", "/finalizers", "/scale", "/status")

_BESIDES = {
    ("cert-manager.io", "signers"): "stands for issuers in the verb approve (cert-manager, Approval)",
    ("", "nodes/metrics"): "the kubelet asks for it, no object (Kubernetes, Kubelet authorization)",
    ("", "nodes/stats"): "the kubelet asks for it, no object (Kubernetes, Kubelet authorization)",
}
"""(group, resource) -> why it is none in the API's description."""


def unserved(objects: Objects) -> list[Failure]:
    """Find resources in roles that nobody serves, so that the rule allows nothing, sorted."""
    defined = {
        (body["spec"]["group"], body["spec"]["names"]["plural"])
        for body in objects.values()
        if body["kind"] == "CustomResourceDefinition"
    }
    groups = _built_in().keys() | {group for group, _ in defined}
    return sorted(
        Failure(str(identity), f"rules[{index}].resources: {problem}")
        for identity, body in objects.items()
        if body["kind"] in ("ClusterRole", "Role")
        for index, rule in enumerate(body.get("rules") or ())
        for problem in _problems(rule, defined, groups)
    )


def _problems(rule: Body, defined: set[tuple[str, str]], groups: set[str]) -> list[str]:
    """A rule may list groups and resources crosswise: each of either needs one of the other."""
    named = [each for each in rule.get("apiGroups", ()) if each != "*"]
    resources = [each for each in rule.get("resources", ()) if each != "*"]
    known = {(group, each) for group in named for each in resources if _served(group, each, defined)}
    foreign = any(group not in groups for group in named)
    lost = (
        [] if foreign else [each for each in resources if not any((group, each) in known for group in named)]
    )
    idle = [
        group for group in named if group in groups and not any((group, each) in known for each in resources)
    ]
    return [
        *(f"{each} is no resource of {' or '.join(named) or 'the core group'}; correct it" for each in lost),
        *(f'the group "{group}" has none of them; correct it' for group in idle if resources and not lost),
    ]


def _served(group: str, resource: str, defined: set[tuple[str, str]]) -> bool:
    plural, slash, sub = resource.partition("/")
    built_in = _built_in().get(group, ())
    if (group, resource) in _BESIDES or resource in built_in or (sub == "finalizers" and plural in built_in):
        return True
    return (group, plural) in defined and slash + sub in _SUBRESOURCES


@cache
def _built_in() -> dict[str, frozenset[str]]:
    groups = json.loads((SCHEMAS / RESOURCES).read_text(encoding="utf-8"))
    return {group: frozenset(resources) for group, resources in groups.items()}
