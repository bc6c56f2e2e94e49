"""What must hold of every object, whatever component it comes from."""

from collections.abc import Iterator

from charts_src.objects import Body, Identity
from charts_src.policy import images, pods, rbac, secrets
from charts_src.policy.exceptions import EXCEPTIONS
from charts_src.policy.rule import Violation

RULES = (
    pods.restricted,
    pods.resources,
    pods.own_account,
    images.exact,
    rbac.no_wildcards,
    secrets.none_in_git,
)


def violations(body: Body) -> Iterator[Violation]:
    """Find where an object breaks a rule that no exception with a reason lifts for it."""
    identity = Identity.of(body)
    for rule in RULES:
        if (rule.__name__, identity.kind, identity.name) not in EXCEPTIONS:
            yield from rule(body)
