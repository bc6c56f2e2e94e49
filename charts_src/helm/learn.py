"""Experiments with a component -> its template, and the fields that it follows."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from charts_src.errors import UserError
from charts_src.helm.cases import Case, differ, field
from charts_src.helm.experiments import Experiment, Objects
from charts_src.helm.explain import component
from charts_src.helm.fields import Where, shape_of
from charts_src.helm.template import KEY, Digest, Fields, Node, Scope, Unknown, evaluate

Pattern = tuple[str, ...]
"""A path with a star for each key and index of a collection; #key after it for the key itself."""

_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")


class Learned(NamedTuple):
    """What experiments say of a component."""

    node: Fields
    """A map of its objects by identity."""
    followed: frozenset[Pattern]
    """Fields whose changes the template follows."""
    left: frozenset[Pattern]
    """Fields that the component reads and the template doesn't follow."""


def learn(found: Sequence[Experiment], held_out: Sequence[Experiment] = ()) -> Learned:
    """Find the template that gives what all experiments gave, but for those of fields that it can't follow.

    Experiments that are held out come in where the template that the others give is wrong about them.
    Raises UserError where it doesn't even give the environments.
    """
    while True:
        learned = _learned(found)
        wrong = [
            each
            for each in held_out
            if pattern(each.changed[0]) in learned.followed
            and not gives(learned.node, each)
            and not refuses(learned.node, each)
        ]
        if not wrong:
            return learned
        found = [*found, *wrong]


def _learned(found: Sequence[Experiment]) -> Learned:
    patterns = {each.changed: pattern(each.changed[0]) for each in found if each.changed}
    tries = list(_effective(found))
    effective = {patterns[each.changed] for each in tries}
    left: set[Pattern] = set()
    # Which entries there are: even where that is left out, it shows what is of which entry.
    entries = {each for each in effective if has_entries(each)}
    while True:
        kept = [each for each in found if not each.changed or not _within(patterns[each.changed], left)]
        shown = [each for each in found if each.changed and _within(patterns[each.changed], left & entries)]
        node = component([_case(each) for each in [*kept, *shown]])
        wrong = [
            each for each in kept if not each.forbidden and not gives(node, each) and not refuses(node, each)
        ]
        if unmet := [each.base for each in wrong if not each.changed]:
            raise UserError(f"no template gives what environments {' and '.join(unmet)} have")
        if not wrong:
            gone = frozenset(each for each in effective if _within(each, left))
            return Learned(node, frozenset(effective) - gone, gone)
        left |= _worst(
            *(Counter(_membership(patterns[each.changed]) for each in some) for some in (wrong, tries))
        )


def _effective(found: Sequence[Experiment]) -> Iterator[Experiment]:
    base = {each.base: each.objects for each in found if not each.changed}
    return (each for each in found if each.changed and differ(each.objects, base[each.base]))


def pattern(path: Where) -> Pattern:
    """Put stars for the keys and indexes on a path."""
    found: list[str] = []
    for index, part in enumerate(path):
        if part == KEY:
            return (*found, KEY)
        entry = index > 0 and shape_of(path[:index]).entry is not None
        found.append("*" if entry else str(part))
    return tuple(found)


def _worst(wrong: Counter[Pattern], tries: Counter[Pattern]) -> set[Pattern]:
    """Choose what to leave out first, for one field may spoil what is found of another.

    Of each section that is the field of which most is wrong. Which entries a collection has comes last.
    """
    sections: dict[str, list[Pattern]] = {}
    for each in wrong:
        sections.setdefault(each[0], []).append(each)
    return {
        max(some, key=lambda one: (not has_entries(one), wrong[one] / max(1, tries[one]), wrong[one], one))
        for some in sections.values()
    }


def has_entries(one: Where) -> bool:
    """Say whether a field is a map or list of sections: which there are is told from what is in them."""
    entry = shape_of(one).entry if one[-1] != KEY else None
    return entry is not None and entry.section is not None


def _membership(one: Pattern) -> Pattern:
    """Have which entries there are, and their names, stand and fall together."""
    return one[:-2] if one[-1] == KEY else one


def _within(one: Pattern, left: set[Pattern]) -> bool:
    """Say whether a field is left out: itself, the texts of a list that is, or a section that is."""
    names = one[-1] == KEY and one[:-2] in left
    text = one[-1] == "*" and one[:-1] in left
    return one in left or names or text


def gives(node: Node, each: Experiment) -> bool:
    """Say whether a template gives what an experiment gave."""
    try:
        given: Any = evaluate(node, Scope(each.data))
    except (Unknown, ValueError, TypeError, KeyError):
        return False
    return not differ(_bodies(given), _bodies(with_digests(each.objects)))


def refuses(node: Node, each: Experiment) -> bool:
    """Say whether a template knows some values of the changed field, and this one is not among them."""
    try:
        evaluate(node, Scope(each.data))
    except Unknown as error:
        return bool(each.changed) and each.changed[0][: len(error.place)] == error.place
    return False


def _bodies(objects: Objects) -> list[Any]:
    return sorted(objects.values(), key=lambda body: (body["kind"], str(body["metadata"])))


def _case(each: Experiment) -> Case:
    scope = Scope(each.data)
    detail = each.changed[0] if each.changed else ()
    changed = field(detail, scope) if detail else None
    return Case((each.base,), changed, detail, scope, with_digests(each.objects))


def with_digests(objects: Objects) -> Objects:
    """Put a Digest where an object has the hash of texts of another one."""
    known: dict[str, Digest] = {}
    for name, body in objects.items():
        texts = body.get("data") if body["kind"] == "ConfigMap" else None
        if isinstance(texts, dict):
            for keys in [*((key,) for key in texts), tuple(texts), tuple(sorted(texts))]:
                whole = "".join(str(texts[key]) for key in keys)
                known.setdefault(sha256(whole.encode()).hexdigest(), Digest(name, keys, 64))
    return {name: _replaced(body, known) for name, body in objects.items()}


def _replaced(tree: Any, known: dict[str, Digest]) -> Any:
    if isinstance(tree, dict):
        return {key: _replaced(item, known) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_replaced(item, known) for item in tree]
    if isinstance(tree, str) and _HEX.fullmatch(tree):
        found = next((each for digest, each in known.items() if digest.startswith(tree)), None)
        return found._replace(length=len(tree)) if found else tree
    return tree
