"""The decisions in which two environments differ."""

from typing import Any, NamedTuple

from charts_src.config.complaints import Where
from charts_src.helm.experiments import data_of
from charts_src.helm.fields import MISSING, lookup
from charts_src.model import Environment
from charts_src.promote.plan import differences
from charts_src.why.decided import decided, read


class Decision(NamedTuple):
    """A key as one environment has it."""

    value: Any
    """MISSING where the environment does not have it."""
    place: str
    """`environments/prod.yaml:12`, or the line of the default; "" where it is not there."""


class Difference(NamedTuple):
    """A key that two environments have not alike."""

    where: Where
    one: Decision
    other: Decision


def settings(one: Environment, other: Environment) -> tuple[Difference, ...]:
    """Give every key that differs: a list as a whole, a section where one environment has it not."""
    sides = [(env, data_of(env), read(env.name)) for env in (one, other)]
    found = []
    for where in [("name",), *differences(sides[0][1], sides[1][1])]:
        values = [lookup(data, where) for _, data, _ in sides]
        places = [
            "" if value is MISSING else decided(files, env, where)
            for value, (env, _, files) in zip(values, sides, strict=True)
        ]
        found.append(Difference(where, *map(Decision, values, places)))
    return tuple(found)


def absent(decision: Decision) -> bool:
    """Say whether an environment has nothing at a key: neither a value nor a section."""
    return decision.value is MISSING or decision.value is None
