"""What must hold of every object, whatever component it comes from."""

from collections.abc import Iterator

from charts_src.objects import Body, Identity, pod_specs
from charts_src.policy import (
    containers,
    empty,
    images,
    ingress,
    metadata,
    monitoring,
    network,
    nodes,
    pods,
    rbac,
    reach,
    secrets,
    settings,
    workloads,
)
from charts_src.policy.exceptions import EXCEPTIONS
from charts_src.policy.rule import Violation

_OBJECT_RULES = (
    empty.none_by_accident,
    ingress.guarded,
    metadata.known_keys,
    metadata.pod_security,
    monitoring.alerts,
    monitoring.chosen,
    network.no_instance_metadata,
    network.spelled_out,
    nodes.lustre_client,
    rbac.complete,
    rbac.no_wildcards,
    rbac.silent_account,
    reach.in_reach,
    secrets.account_tokens,
    secrets.none_in_git,
    settings.not_empty,
    workloads.own_pods,
)
_POD_RULES = (
    pods.restricted,
    pods.resources,
    pods.own_account,
    images.exact,
    containers.mounts,
    containers.unique,
    containers.variables,
    containers.bounded,
)


def violations(body: Body) -> Iterator[Violation]:
    """Find where an object breaks a rule that no exception with a reason lifts for it.

    CustomResourceDefinitions are not looked at: they are upstream's, pinned by checksum.
    """
    identity = Identity.of(body)
    if identity.kind == "CustomResourceDefinition":
        return
    for rule in _OBJECT_RULES:
        if (rule.__name__, identity.kind, identity.name) not in EXCEPTIONS:
            yield from rule(body)
    for path, spec in pod_specs(body):
        for pod_rule in _POD_RULES:
            if (pod_rule.__name__, identity.kind, identity.name) not in EXCEPTIONS:
                yield from (Violation(f"{path}.{found.path}", found.message) for found in pod_rule(spec))
