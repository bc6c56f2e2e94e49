"""What the review says of a pull request as plain lines, read in the repository that it is about."""

import json
from collections.abc import Iterator
from typing import Any

from charts_src import workspace
from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.proofs.report import Proofs
from charts_src.review.cost import PairCost, costs
from charts_src.review.cost.amounts import monthly, signed
from charts_src.review.effects.blast import Blast, blast
from charts_src.review.effects.bumps import bumps
from charts_src.review.gates import sign_offs, verdict
from charts_src.review.read import read_pairs

_SIGNS = {"changed": "~", "added": "+", "removed": "-"}

Lines = Iterator[str]


def said(names: list[str], revision: str) -> str:
    """Give all of it: versions of all environments, then each environment; what is empty is left out."""
    pairs, signed_off = read_pairs(names, revision), sign_offs.read(names, revision)
    proofs = workspace.prove(names)
    lines = [f"version: {each.what}: {each.old} -> {each.new} in {_named(each)}" for each in bumps(pairs)]
    for pair, cost in zip(pairs, costs(pairs), strict=True):
        lines += ["", f"# {pair.name}"]
        lines += [line for change in pair.changes for line in _changes(change)]
        lines += [
            *_blast(blast(pair)),
            *_gates(verdict(pair, signed_off[pair.name])),
            *_proofs(proofs[pair.name]),
        ]
        lines += _cost(cost)
    return "".join(f"{line}\n" for line in lines).lstrip()


def _named(raised: Any) -> str:
    return ", ".join(
        raised.objects or [f"{name}: {each}" for name in raised.environments for each in raised.components]
    )


def _changes(change: Change) -> Lines:
    head = f"{_SIGNS[change.status]} {change.component}: {change.identity}"
    yield from [f"{head}: {_field(field)}" for field in change.fields] or [head]


def _field(field: FieldChange) -> str:
    return f"{field.path}: {_value(field.old)} -> {_value(field.new)}"


def _value(value: Any) -> str:
    return "nothing" if value is MISSING else json.dumps(value, default=str)


def _blast(found: Blast) -> Lines:
    yield f"applications: {', '.join(found.applications)}"
    yield f"namespaces: {', '.join(found.namespaces)}"
    for restart in found.restarts:
        pods = "" if restart.pods is None else f" ({restart.pods} pods)"
        yield f"{restart.when}: {restart.subject}: {restart.how}{pods}"
    for each in found.replaced:
        yield f"replaced: {each.subject}: {', '.join(each.fields)}: {each.remedy}"


def _gates(found: sign_offs.Verdict) -> Lines:
    yield from (f"gate {each.gate}: {each.subject}: {each.path}" for each in found.open)
    yield from (f"signed off {each.gate}: {each.subject}: {by.reason}" for each, by in found.signed)


def _proofs(found: Proofs) -> Lines:
    for proof in found.proven:
        yield from (f"proof {proof.name}: {failure}" for failure in proof.failures)


def _cost(cost: PairCost) -> Lines:
    for each in cost.changes:
        change = f"{signed(each.ceiling)}/h, {monthly(each.ceiling)} a month{each.beside}"
        yield f"cost {each.pool}: {each.what}: ceiling {change}; expected {signed(each.expected)}/h"
    if cost.new:
        yield f"cost: ceiling {cost.new.ceiling}; expected {cost.new.expected}"
        yield from (f"budget: {line}" for line in cost.new.over_budget)
        yield from (f"capacity: {failure}" for failure in cost.new.failures)
