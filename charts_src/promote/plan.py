"""What a promotion changes, and what it leaves as it is."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from charts_src.config.complaints import Where
from charts_src.helm.fields import MISSING, Data, lookup
from charts_src.promote.versions import version_at

_S3 = re.compile(r"s3://([^/]+)/(.+)")

LOCAL = "is a decision of each environment"


class Move(NamedTuple):
    """A version that another environment has."""

    where: Where
    old: Any
    new: Any


class Left(NamedTuple):
    """A difference that is not promoted."""

    where: Where
    source: Any
    """Value where versions come from, MISSING where there is none."""
    target: Any
    reason: str


class Plan(NamedTuple):
    """A promotion."""

    moves: tuple[Move, ...]
    left: tuple[Left, ...]


def plan(source: Data, target: Data, wanted: Callable[[Where], bool]) -> Plan:
    """Compare two environments, in the fields that are wanted."""
    moves, left = [], []
    for where in filter(wanted, differences(source, target)):
        new, old = lookup(source, where), lookup(target, where)
        found = _judged(where, new, old)
        if isinstance(found, Move):
            moves.append(found)
        elif found:
            left.append(Left(where, new, old, found))
    return Plan(tuple(moves), tuple(left))


def _judged(where: Where, new: Any, old: Any) -> Move | str:
    """Give the move of a version, "" for one that differs in its bucket only, or why a difference stays."""
    mark = version_at(where)
    if mark is None:
        return LOCAL
    if new is MISSING:
        return "is not set where versions come from; remove it yourself"
    if not mark.in_bucket:
        return Move(where, old, new)
    theirs, ours = _S3.fullmatch(str(new)), _S3.fullmatch(str(old))
    if (theirs is None) != (ours is None):
        return "is in a bucket in one of them only; copy the weights, then say where they are"
    if theirs is None or ours is None:
        return Move(where, old, new)
    return Move(where, old, f"s3://{ours[1]}/{theirs[2]}") if ours[2] != theirs[2] else ""


def differences(one: Any, other: Any, where: Where = ()) -> Iterator[Where]:
    """Give the paths at which two environments differ: a list as a whole, a section where one has it not.

    Their names are no difference.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from differences(one.get(key, MISSING), other.get(key, MISSING), (*where, key))
    elif (one != other or type(one) is not type(other)) and where != ("name",):
        yield where
