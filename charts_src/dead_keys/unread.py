"""Keys whose change changes no rendered file, found by experiment."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from charts_src import review
from charts_src.config.complaints import Where
from charts_src.errors import UserError
from charts_src.helm.cases import differ
from charts_src.helm.experiments import (
    SENSELESS,
    Change,
    Objects,
    applied,
    changed,
    changes,
    known_values,
    objects,
)
from charts_src.helm.fields import Data, leaves, lookup, reading
from charts_src.incremental import Units
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.base import all_problems
from charts_src.publish import Files
from charts_src.registry import COMPONENTS
from charts_src.render import render

_TRIES = 6
"""Values that a key is given, one after the other, until one changes something."""

_OF_ALL = "provenance.yaml"
"""Has a hash of all decisions, so any change of any key changes it."""


class _Part(NamedTuple):
    """A component as the environment has it, and what it read."""

    component: type[Component]
    reads: frozenset[Where]
    ends: frozenset[Where]
    """Reads that lead to no other: sections among them go somewhere as a whole."""
    objects: Objects


class Search(NamedTuple):
    """What the search for keys that nobody reads starts from."""

    env: Environment
    data: Mapping[str, Data]
    """All environments, for values to try."""
    without: Callable[[Where], Environment | None]
    """Gives the environment without a key, None where it has to be there."""


def unread(keys: Sequence[Where], search: Search, tell: Callable[[int, int], None]) -> list[Where]:
    """Give the keys of an environment that change no rendered file, nor satisfy a check of the model.

    Each is changed, and the components that read it composed again; what changes no object of them has the
    whole environment rendered again, with its AWS side. What only the review reads counts as read.
    `tell` takes how many keys are done, and of how many.
    """
    parts = [_part(each, search.env) for each in COMPONENTS if each.enabled(search.env)]
    left = []
    for done, key in enumerate(keys):
        tell(done, len(keys))
        if not _moves_objects(key, parts, search):
            left.append(key)
    tell(len(keys), len(keys))
    rest = [key for key in left if not _only_reviewed(key, parts)]
    units = Units(directory=None)
    return [key for key in rest if not (_moves_files(key, search, units) or _wanted(key, search))]


def _part(component: type[Component], env: Environment) -> _Part:
    with reading(env) as found:
        made = objects(component, env)
    return _Part(component, frozenset(found), frozenset(leaves(found)), made)


def _moves_objects(key: Where, parts: Sequence[_Part], search: Search) -> bool:
    """Say whether a change of the key changes an object of a component that is seen to read it."""
    for part in (each for each in parts if _touches(each, key)):
        for change in _tries(key, search):
            made = changed(part.component, search.data[search.env.name], change)
            if made and differ(made[1], part.objects):
                return True
    return False


def _touches(part: _Part, key: Where) -> bool:
    return any(key[:length] in part.ends for length in range(1, len(key))) or any(
        read[: len(key)] == key for read in part.reads
    )


def _tries(key: Where, search: Search) -> Iterator[Change]:
    value = lookup(search.data[search.env.name], key)
    return islice(changes(key, value, known_values(search.data.values(), key)), _TRIES)


def _moves_files(key: Where, search: Search, units: Units) -> bool:
    """Say whether a change of the key, or its removal, changes a file; also where none can be made."""
    before = _files(search.env, units)
    tried = False
    for env in _variants(key, search):
        files = _rendered(env, units)
        if files is not None and files != before:
            return True
        tried = tried or files is not None
    return not tried


def _variants(key: Where, search: Search) -> Iterator[Environment]:
    for change in _tries(key, search):
        try:
            yield Environment.model_validate(applied(search.data[search.env.name], change))
        except ValidationError:
            continue
    if (less := search.without(key)) is not None:
        yield less


def _rendered(env: Environment, units: Units) -> Files | None:
    try:
        return _files(env, units)
    except (UserError, *SENSELESS):
        return None


def _files(env: Environment, units: Units) -> Files:
    trees = render(env, units)._asdict().items()
    return {
        f"{tree}/{path}": text for tree, files in trees for path, text in files.items() if path != _OF_ALL
    }


def _wanted(key: Where, search: Search) -> bool:
    """Say whether the environment contradicts itself without the key, which is for a check of the model."""
    less = search.without(key)
    return less is not None and any(all_problems(less))


def _only_reviewed(key: Where, parts: Sequence[_Part]) -> bool:
    """Say whether no component reads the key, or anything of its section, but the review does."""
    names = _of_review()
    section = any(read[0] == key[0] for part in parts for read in part.reads)
    read = section and (key[-1] not in names or any(_touches(part, key) for part in parts))
    return key[0] in names and not read


@cache
def _of_review() -> frozenset[str]:
    """Give the names that modules of the review ask for; sections and fields of the model are among them."""
    code = "".join(each.read_text() for each in Path(str(review.__file__)).parent.rglob("*.py"))
    return frozenset(re.findall(r"\.([a-z_]+)\b", code))
