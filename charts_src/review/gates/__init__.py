"""Danger gates: what in a pull request may not be merged before someone has said that it is meant.

Each gate is a pure function of both sides of an environment. What both sides have is none of its findings,
but for gangs and consolidation, which look at the new side as a whole.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import yaml

from charts_src.objects import AWS_FOLDER, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates import (
    admission,
    aws,
    consolidation,
    definitions,
    deletion,
    exposure,
    gangs,
    images,
    leaps,
    limits,
    network,
    order,
    permissions,
    privileges,
    projects,
    protection,
    rbac,
    renames,
    replicas,
    report,
    safeguards,
    secrets,
    sizes,
    stacks,
)
from charts_src.review.gates.sign_offs import SignOffs, Verdict, judge
from charts_src.review.page import Section
from charts_src.review.sides import Pair

Gate = Callable[[Pair], Iterator[Finding]]

_ANY_SIDE: Final[tuple[Gate, ...]] = (
    gangs.gate,
    consolidation.gate,
    sizes.gate,
    secrets.gate,
    images.gate,
)
"""Gates that have something to say of an environment that is new."""

GATES: Final[tuple[Gate, ...]] = (
    deletion.gate,
    protection.gate,
    stacks.gate,
    rbac.gate,
    projects.gate,
    aws.gate,
    network.gate,
    exposure.gate,
    privileges.gate,
    admission.gate,
    replicas.gate,
    limits.gate,
    definitions.gate,
    leaps.gate,
    renames.gate,
    safeguards.gate,
    permissions.gate,
    order.gate,
    *_ANY_SIDE,
)
"""Every gate, in the order of the report."""

_MISSHAPEN = (AttributeError, LookupError, RuntimeError, TypeError, ValueError, yaml.YAMLError)
"""What a gate raises for an object that has not the shape of its kind; RuntimeError is a generator's in
which next() finds nothing.
"""


def findings(pair: Pair) -> list[Finding]:
    """Give what every gate finds in an environment.

    An object that has not the shape of its kind, which `make validate` explains, stops the gates that can't
    read it: that is a finding of theirs.
    """
    gates = GATES if pair.old.objects else _ANY_SIDE
    objects = of_cluster(pair)
    return list(dict.fromkeys(finding for gate in gates for finding in _findings(gate, objects)))


def of_cluster(pair: Pair) -> Pair:
    """Leave out changes of what eksctl reads: it is compared like an object, but is none of the cluster."""
    return pair._replace(changes=tuple(each for each in pair.changes if each.component != AWS_FOLDER))


def verdict(pair: Pair, sign_offs: SignOffs) -> Verdict:
    """Give what the gates find, by whether it is signed off; the same as section() says, as data."""
    return judge(findings(pair), sign_offs)


def section(pair: Pair, sign_offs: SignOffs) -> Section:
    """Write what the gates find in an environment; gates/sign_offs.py reads what is signed off."""
    return report.section(pair.name, verdict(pair, sign_offs))


def size_section(pairs: Sequence[Pair]) -> Section:
    """Write how large the diff of all environments together is."""
    return report.size_section(sizes.diff_size(pairs))


def _findings(gate: Gate, pair: Pair) -> list[Finding]:
    try:
        return list(gate(pair))
    except _MISSHAPEN as error:
        name = gate.__module__.rpartition(".")[2]
        environment = Identity("", "Environment", "", pair.name)
        reason = f"{type(error).__name__} {error}"
        message = (
            f"can't be checked, as an object has not the shape of its kind ({reason}); run make validate"
        )
        return [Finding(name, environment, "", message)]
