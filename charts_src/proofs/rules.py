"""The rules for single objects (charts_src/policy), of what is on disk: a person may have edited it there."""

from charts_src.model import Environment
from charts_src.policy import violations
from charts_src.policy.images import foreign
from charts_src.proofs.tree import Failure, Objects


def broken(objects: Objects, env: Environment) -> list[Failure]:
    """Find every rule that an object breaks, sorted."""
    return sorted(
        Failure(str(identity), str(problem))
        for identity, body in objects.items()
        for problem in (*violations(body), *foreign(body, env))
    )
