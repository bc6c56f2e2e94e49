"""From experiments to a template: what no field changes is literal, the rest follows fields."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml

from charts_src.emit import emit
from charts_src.helm import probe, scalars
from charts_src.helm.cases import Case, bases, causes, differ, effective, kind
from charts_src.helm.fields import MISSING, plain, shape_of
from charts_src.helm.sequences import arranged
from charts_src.helm.template import (
    KEY,
    AtLeast,
    Decide,
    Digest,
    Entry,
    Equal,
    Fields,
    Given,
    Items,
    Lines,
    Literal,
    Loop,
    Node,
    Ref,
    Starts,
    Unknown,
    Value,
    When,
    Yaml,
    evaluate,
    holds,
)

NAME = Ref("", ("name",))
"""The name of the environment: what decides where no other field can."""

_FEW = 4

_TOGETHER: dict[str, Callable[..., Node]] = {"dict": Fields, "list": Items, "lines": Lines}


def component(cases: Sequence[Case]) -> Fields:
    """Find the template of the objects of a component, a map of them by identity that may be empty."""
    cases = effective(cases)
    found = [Fields(_entries("dict", cases, {}, looping=looping)) for looping in (True, False)]
    return next(
        (node for node in found if all(_gives(node, case) for case in bases(cases).values())), found[0]
    )


def explained(cases: Sequence[Case], loops: Mapping[str, Ref] | None = None) -> Node:
    """Find the template of all cases; `loops` are the loops around it and their collections."""
    loops = loops or {}
    cases = effective(cases)
    first = cases[0].tree
    if not any(differ(case.tree, first) for case in cases) and not _digest_inside(first):
        return Literal(first)
    fields = causes(cases)
    own = _of_entries(loops, cases)
    if ref := scalars.as_value(cases, [*fields, *own]):
        return Value(ref)
    if node := _value_or_another(cases, fields):
        return node
    found = {kind(case.tree) for case in cases}
    node = _of_one_kind(found.pop(), cases, loops, own) if len(found) == 1 else None
    return node or _decided(cases, loops)


def _of_one_kind(one: str, cases: Sequence[Case], loops: Mapping[str, Ref], own: list[Ref]) -> Node | None:
    """Find the template of trees that are all of one kind, where it needs no decision."""
    if one in ("text", "int"):
        return scalars.explained(cases, own) or _by_entry(cases, [*own, NAME])
    node = _together(one, cases, loops) if one in _TOGETHER else None
    if one == "lines" and not loops and not (node and all(_gives(node, case) for case in cases)):
        return _yaml(cases) or node
    return node


def _yaml(cases: Sequence[Case]) -> Node | None:
    """Explain texts as what they hold, where all are YAML that Helm writes as we do: keys in order."""
    held = [_held(case.tree) for case in cases]
    if any(each is None for each in held):
        return None
    return Yaml(explained([case._replace(tree=each) for each, case in zip(held, cases, strict=True)]))


def _held(text: str) -> dict[str, Any] | None:
    """Read the map that a text is as `emit` and Helm write it: without keys that we put first."""
    try:
        found = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    plain_order = isinstance(found, dict) and not found.keys() & {"apiVersion", "kind", "metadata"}
    return found if plain_order and emit(found) == text else None


def _value_or_another(cases: Sequence[Case], fields: Iterable[Ref]) -> Node | None:
    """Find a list that is an optional field, and another field where it isn't set."""
    refs = [ref for ref in fields if isinstance(cases[0].tree, list)]
    for ref in refs:
        parts = [(test, scalars.as_value(part, refs)) for test, part in _by_presence(cases, ref)]
        if len(parts) > 1 and all(value for _, value in parts):
            (test, first), (_, second) = parts
            return Decide(((test, Value(first)),), Value(second)) if first and second else None
    return None


def _by_entry(cases: Sequence[Case], refs: Sequence[Ref]) -> Node | None:
    """Find a text for each entry of a collection, and each environment, with factors of its own."""
    if not refs or not any(type(case.scope.value(ref)) is int for ref in causes(cases) for case in cases[:1]):
        return None
    ref, *rest = refs
    parts = _with_variations(_by_value([*bases(cases).values()], ref, every=True), cases)
    if len(parts) < 2:
        return _by_entry(cases, rest)
    made = []
    for test, part in parts:
        node = scalars.explained(_with_bases(part)) or _by_entry(part, rest)
        if node is None:
            return None
        made.append((test, node))
    node = Decide(tuple(made), None)
    return node if ref == NAME else _with_others(node)


def _digest_inside(tree: Any) -> bool:
    return isinstance(tree, dict | list) and any(digests([tree]))


def _of_entries(loops: Mapping[str, Ref], cases: Sequence[Case]) -> list[Ref]:
    """Give what tells the entries of the loops apart: their keys, and entries that are values themselves."""
    keys = [Ref(loop, (KEY,)) for loop in loops]
    items = [Ref(loop, ()) for loop in loops if _simple(cases[0].scope.value(Ref(loop, ())))]
    return [*items, *(ref for ref in keys if isinstance(cases[0].scope.value(ref), str))]


def _simple(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _together(one: str, cases: Sequence[Case], loops: Mapping[str, Ref]) -> Node | None:
    """Explain entry by entry: with loops, without them where that is wrong, or not at all."""
    for looping in (True, False):
        entries = _entries(one, cases, loops, looping=looping)
        node = _TOGETHER[one](entries)
        if one == "list" and _few_words(cases) and not any(isinstance(each, Loop) for each in entries):
            return None
        if all(_gives(node, case) for case in bases(cases).values()):
            return node
    return None


def _few_words(cases: Sequence[Case]) -> bool:
    """Say whether lists of different lengths are short enough to be told apart as a whole."""
    lengths = {len(case.tree) for case in cases}
    words = all(isinstance(item, str) for case in cases for item in case.tree)
    return words and len(lengths) > 1 and max(lengths) <= _FEW


def _entries(
    one: str, cases: Sequence[Case], loops: Mapping[str, Ref], *, looping: bool
) -> tuple[Entry | Loop, ...]:
    found: list[Entry | Loop] = []
    for part in arranged(one, cases, looping=looping):
        if isinstance(part, list):
            found.append(_entry(one, part, loops))
        else:
            inner = {**loops, part.name: part.collection}
            body = _entries(one, part.cases, inner, looping=True)
            found.append(Loop(part.name, part.collection, part.keyed, body))
    return tuple(found)


def _gives(node: Node, case: Case) -> bool:
    try:
        return not differ(evaluate(node, case.scope), case.tree)
    except (Unknown, ValueError, TypeError, KeyError):
        return False


def _entry(one: str, cases: Sequence[Case], loops: Mapping[str, Ref]) -> Entry:
    """Explain one entry, whose trees are pairs of key and value."""
    key = None
    if one == "dict":
        there = _with_bases([case for case in cases if case.tree is not MISSING])
        key = explained([case._replace(tree=case.tree[0]) for case in there], loops)
    values = [case if case.tree is MISSING else case._replace(tree=case.tree[1]) for case in cases]
    return Entry(key, explained(values, loops))


def _decided(cases: Sequence[Case], loops: Mapping[str, Ref]) -> Node:
    """Tell the cases apart by the field that changes the kind of what is there, or else what is there."""
    there = [case for case in cases if case.tree is not MISSING]
    if len(there) < len(cases) and any(case.tree is not True for case in there):
        presence = [case if case.tree is MISSING else case._replace(tree=True) for case in cases]
        return When(explained(presence, loops), explained(_with_bases(there), loops))
    for ref in _suspects(cases):
        for split in (_by_presence, _by_size, _by_scheme, _by_value):
            parts = split(cases, ref)
            if len(parts) > 1:
                return _decide(parts, loops)
    for ref in [*_of_entries(loops, cases), NAME]:
        parts = _by_value([case for case in cases if case.changed is None], ref, every=True)
        if len(parts) > 1:
            node = _decide(_with_variations(parts, cases), loops)
            return _with_others(node) if ref != NAME and isinstance(node, Decide) else node
    return _apart(cases, loops)


def _with_others(node: Decide) -> Decide:
    """Have entries that no environment has be like most of those that one has."""
    nodes = [then for _, then in node.cases]
    most = max(nodes, key=nodes.count)
    return Decide(tuple((test, then) for test, then in node.cases if then != most), most)


def _apart(cases: Sequence[Case], loops: Mapping[str, Ref]) -> Node:
    """Give up on variations that nothing here accounts for."""
    kept = [case for case in cases if case.changed is None]
    if len(kept) == len(cases):
        return Literal(kept[0].tree)
    return explained(kept, loops)


def _with_variations(
    parts: list[tuple[Any, list[Case]]], cases: Sequence[Case]
) -> list[tuple[Any, list[Case]]]:
    groups = [{case.group for case in part} for _, part in parts]
    return [
        (test, [case for case in cases if case.group in group])
        for (test, _), group in zip(parts, groups, strict=True)
    ]


def _decide(parts: list[tuple[Any, list[Case]]], loops: Mapping[str, Ref]) -> Node:
    """Build the decision, with the last part for everything else where the tests leave nothing else."""
    made = [(test, explained(_with_bases(part), loops)) for test, part in parts]
    if all(node == made[0][1] for _, node in made):
        return made[0][1]
    tests = [test for test, _ in made]
    if None in tests:
        ((test, yes),) = ((test, node) for test, node in made if test is not None)
        (no,) = (node for test, node in made if test is None)
        return Decide(((test, yes),), no)
    return Decide(tuple((test, node) for test, node in made), None)


def _with_bases(cases: Sequence[Case]) -> list[Case]:
    """Give variations without their base a group of their own, of which the first is the base.

    Only variations of one field may be compared with each other: others differ in two.
    """
    present = set(bases(cases))
    found = []
    for case in cases:
        if case.changed is None or case.group in present:
            found.append(case)
            continue
        group = (*case.group, f"{case.changed}")
        first = group not in present
        present.add(group)
        found.append(case._replace(group=group, changed=None if first else case.changed))
    return found


def _suspects(cases: Sequence[Case]) -> list[Ref]:
    """Give the fields that change what is here, those first that change its kind."""
    base = bases(cases)
    found = causes([case for case in cases if not _elsewhere(case)])
    hard = [
        ref
        for ref, variations in found.items()
        if any(kind(case.tree) != kind(base[case.group].tree) for case in variations)
    ]
    return sorted(found, key=lambda ref: (ref not in hard, _openness(found[ref][0], ref)))


def _openness(case: Case, ref: Ref) -> int:
    """Rank a field by how many values it may have: what has few decides, what has many is written."""
    if _choice(case, ref):
        return 0
    value = case.scope.value(ref)
    return 3 if type(value) is int else 2 if isinstance(value, str) else 1


def _elsewhere(case: Case) -> bool:
    """Say whether something in an entry of a collection was changed, with an effect outside of it."""
    return case.changed is not None and len(case.scope.place(case.changed)) < len(case.detail)


def _by_presence(cases: Sequence[Case], ref: Ref) -> list[tuple[Any, list[Case]]]:
    if ref.where[-1:] == (KEY,):
        return []
    test = Given(ref, section=shape_of(cases[0].scope.place(ref)).section is not None)
    given = [case for case in cases if holds(test, case.scope)]
    other = [case for case in cases if not holds(test, case.scope)]
    parts = [(test, given), (None, other)]
    separate = [(test, part) for test, part in parts if part]
    return separate if _settled(separate, ref) else []


def _by_size(cases: Sequence[Case], ref: Ref) -> list[tuple[Any, list[Case]]]:
    """Part the cases where the next number gives something of another kind."""
    sizes = sorted({value for case in cases if type(value := case.scope.value(ref)) is int})
    for one, other in pairwise(sizes):
        if other == one + 1:
            small = [case for case in cases if not _large(case, ref, other)]
            large = [case for case in cases if _large(case, ref, other)]
            parts: list[tuple[Any, list[Case]]] = [(AtLeast(ref, other), large), (None, small)]
            if _settled(parts, ref) and not _settled([(None, list(cases))], ref):
                return parts
    return []


def _by_scheme(cases: Sequence[Case], ref: Ref) -> list[tuple[Any, list[Case]]]:
    """Part addresses from names: texts that start with the same scheme, such as s3://, from all others."""
    values = [value for case in cases if isinstance(value := case.scope.value(ref), str)]
    for start in sorted({value.partition("://")[0] + "://" for value in values if "://" in value}):
        test = Starts(ref, start)
        others = [case for case in cases if not holds(test, case.scope)]
        theirs = [case for case in cases if holds(test, case.scope)]
        if others and _settled([(test, theirs), (None, others)], ref):
            return [(test, theirs), (None, others)]
    return []


def _large(case: Case, ref: Ref, least: int) -> bool:
    value = case.scope.value(ref)
    return type(value) is int and value >= least


def _settled(parts: Sequence[tuple[Any, Sequence[Case]]], ref: Ref) -> bool:
    """Say whether, within each part, the field no longer changes the kind of what is there."""
    for _, part in parts:
        kinds: dict[tuple[str, ...], set[str]] = {}
        for case in part:
            if case.changed in (None, ref):
                kinds.setdefault(case.group, set()).add(kind(case.tree))
        if any(len(found) > 1 for found in kinds.values()):
            return False
    return True


def _by_value(cases: Sequence[Case], ref: Ref, *, every: bool = False) -> list[tuple[Any, list[Case]]]:
    """Part the cases by the values of a field: all of a choice, of others those that environments have."""
    if any(isinstance(case.scope.value(ref), dict) for case in cases):
        return []
    settled = {_text(case.scope.value(ref)) for case in cases if case.changed != ref}
    parts: dict[str, tuple[Any, list[Case]]] = {}
    for case in cases:
        value = case.scope.value(ref)
        if every or _text(value) in settled or _choice(case, ref):
            parts.setdefault(_text(value), (Equal(ref, value), []))[1].append(case)
    return list(parts.values())


def _choice(case: Case, ref: Ref) -> bool:
    if ref.where[-1:] == (KEY,):
        return False
    return bool(probe.choices(shape_of(case.scope.place(ref))))


def _text(value: Any) -> str:
    return repr(plain(value))


def digests(trees: Iterable[Any]) -> Iterator[Digest]:
    """Find the digests in trees."""
    for tree in trees:
        if isinstance(tree, Digest):
            yield tree
        elif isinstance(tree, dict | list):
            yield from digests(tree.values() if isinstance(tree, dict) else tree)
