"""Texts and numbers: where in them a field is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from charts_src.helm.cases import Case, bases, causes
from charts_src.helm.fields import shape_of
from charts_src.helm.template import (
    KEY,
    SPELLINGS,
    Joined,
    Node,
    Part,
    Ref,
    Share,
    Spelled,
    Sum,
    Text,
    Unknown,
    evaluate,
    joined,
    same,
    spelled,
)

_DIVISORS = (2, 3, 4, 5, 10, 20, 100)

Span = tuple[int, int]


def explained(cases: Sequence[Case], entries: Sequence[Ref] = ()) -> Node | None:
    """Find the text, with fields in it, that all cases have; `entries` are fields that may be in it too."""
    number = type(cases[0].tree) is int
    fields = causes(cases)
    if number and not all(_whole(case, ref) for ref in fields for case in cases):
        return None
    for base in bases(cases).values():
        own = {ref: [case for case in found if case.group == base.group] for ref, found in fields.items()}
        for parts in _attempts(base, own, entries):
            node = Text(parts, number)
            if all(_gives(node, case) for case in cases):
                return node
    return None


def _whole(case: Case, ref: Ref) -> bool:
    return type(case.scope.value(ref)) is int


def _gives(node: Node, case: Case) -> bool:
    try:
        return same(evaluate(node, case.scope), case.tree)
    except (Unknown, ValueError, TypeError):
        return False


def _attempts(
    base: Case, own: Mapping[Ref, list[Case]], entries: Sequence[Ref]
) -> Iterator[tuple[Part, ...]]:
    yield from _parts(base, own)
    if entries:
        values = [(ref, str(base.scope.value(ref))) for ref in entries]
        for ref, value in values:
            if value and value in str(base.tree):
                spans = [(m.span(), Spelled(ref, "")) for m in re.finditer(re.escape(value), str(base.tree))]
                rest = {other: found for other, found in own.items() if other != ref}
                yield from _parts(base, rest, spans)


def _parts(
    base: Case, own: Mapping[Ref, list[Case]], spans: Sequence[tuple[Span, Spelled]] = ()
) -> Iterator[tuple[Part, ...]]:
    text = str(base.tree)
    numeric: dict[Ref, list[Case]] = {}
    marked: list[tuple[Span, Part]] = [*spans]
    for ref, cases in own.items():
        if not cases:
            continue
        if ref.where[-1:] != (KEY,) and type(base.scope.value(ref)) is int:
            numeric[ref] = cases
        elif (found := _spelled(text, base, ref, cases)) is None:
            return
        else:
            marked += found
    if numeric:
        if (sums := _sums(text, base, numeric)) is None:
            return
        marked += sums
    marked.sort(key=lambda each: each[0])
    if any(one[0][1] > other[0][0] for one, other in pairwise(marked)):
        return
    yield tuple(_cut(text, marked))


def _cut(text: str, marked: Sequence[tuple[Span, Part]]) -> Iterator[Part]:
    end = 0
    for (start, stop), part in marked:
        if start > end:
            yield text[end:start]
        yield part
        end = stop
    if end < len(text):
        yield text[end:]


def _spelled(text: str, base: Case, ref: Ref, cases: Sequence[Case]) -> list[tuple[Span, Part]] | None:
    """Find where a text has the value of a field, by where another text has another value."""
    value = base.scope.value(ref)
    if isinstance(value, list):
        return _joined(text, value, ref, cases)
    if value is None or isinstance(value, dict):
        return None
    for how in SPELLINGS:
        for case in cases:
            other = case.scope.value(ref)
            if other is None or isinstance(other, dict | list):
                return None
            mark, here = spelled(other, how), spelled(value, how)
            if not mark or not here:
                continue
            pieces = str(case.tree).split(mark)
            if len(pieces) > 1 and here.join(pieces) == text:
                return [(span, Spelled(ref, how)) for span in _joints(pieces, here)]
    return None


def _joined(text: str, value: list[Any], ref: Ref, cases: Sequence[Case]) -> list[tuple[Span, Part]] | None:
    """Find where a text has all texts of a list."""
    for case in cases:
        other = case.scope.value(ref)
        if not isinstance(other, list) or len(other) < 2 or not all(isinstance(each, str) for each in other):
            continue
        for ordered in (False, True):
            items = sorted(other) if ordered else other
            between = str(case.tree).partition(items[0])[2].partition(items[1])[0]
            mark, here = joined(other, between, ordered=ordered), joined(value, between, ordered=ordered)
            pieces = str(case.tree).split(mark)
            if between and here and len(pieces) > 1 and here.join(pieces) == text:
                return [(span, Joined(ref, between, ordered)) for span in _joints(pieces, here)]
    return None


def _joints(pieces: Sequence[str], joint: str) -> Iterator[Span]:
    at = 0
    for piece in pieces[:-1]:
        at += len(piece)
        yield at, at + len(joint)
        at += len(joint)


def _sums(text: str, base: Case, numeric: Mapping[Ref, Sequence[Case]]) -> list[tuple[Span, Part]] | None:
    """Find the numbers of a text that depend on whole numbers of the environment, and how."""
    numbers = [(match.span(), int(match[0])) for match in re.finditer("[0-9]+", text)]
    skeleton = re.sub("[0-9]+", "0", text)
    factors: dict[int, dict[Ref, Fraction]] = {}
    for ref, cases in numeric.items():
        for case in cases:
            other = str(case.tree)
            step = _difference(base, case, ref)
            if re.sub("[0-9]+", "0", other) != skeleton or not step:
                return None
            theirs = [int(each) for each in re.findall("[0-9]+", other)]
            for index, (one, (_, ours)) in enumerate(zip(theirs, numbers, strict=True)):
                if one != ours:
                    factors.setdefault(index, {}).setdefault(ref, Fraction(one - ours, step))
    found: list[tuple[Span, Part]] = []
    for index, terms in factors.items():
        if any(factor.denominator != 1 for factor in terms.values()):
            if len(terms) > 1 or not (share := _share(index, base, next(iter(terms)), numeric)):
                return None
            found.append((numbers[index][0], share))
            continue
        whole = tuple((ref, int(factor)) for ref, factor in terms.items())
        span, value = numbers[index]
        constant = value - sum(base.scope.value(ref) * factor for ref, factor in whole)
        found.append((span, Sum(whole, constant)))
    return found


def _share(index: int, base: Case, ref: Ref, numeric: Mapping[Ref, Sequence[Case]]) -> Share | None:
    """Find the part of a field that a number of all texts is, rounded down."""
    known = [
        (case.scope.value(ref), int(re.findall("[0-9]+", str(case.tree))[index]))
        for case in (base, *numeric[ref])
    ]
    largest = max(known)
    for divisor in _DIVISORS if largest[0] > 0 else ():
        guess = largest[1] * divisor // largest[0]
        for factor in (guess, guess + 1):
            if all(value * factor // divisor == number for value, number in known):
                return Share(ref, factor, divisor)
    return None


def _difference(base: Case, case: Case, ref: Ref) -> int:
    one, other = base.scope.value(ref), case.scope.value(ref)
    return other - one if type(one) is int and type(other) is int else 0


def as_value(cases: Sequence[Case], refs: Sequence[Ref]) -> Ref | None:
    """Find the field whose value all cases have."""
    return next((ref for ref in refs if all(_is(case, ref) for case in cases)), None)


def _is(case: Case, ref: Ref) -> bool:
    value: Any = case.scope.value(ref)
    if value is None or (ref.where[-1:] != (KEY,) and shape_of(case.scope.place(ref)).section):
        return False  # of a section, each field has a place of its own
    return same(value, case.tree)
