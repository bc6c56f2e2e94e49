"""What is proven of the new side of a review: each proof in each environment, and whatever does not hold."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from charts_src.diff.parse import Located
from charts_src.ledger import pins
from charts_src.objects import Identity
from charts_src.proofs import expiry
from charts_src.proofs.devices import Row, table
from charts_src.proofs.report import PROOFS, Proofs, prove, world
from charts_src.proofs.tree import Failure, Objects
from charts_src.review.page import Block, Folded, Section, Table, Text
from charts_src.review.sides import NO_COMPONENTS, Pair, Side


class Environment(NamedTuple):
    """What was proven of one environment."""

    name: str
    proofs: Proofs
    devices: tuple[Row, ...]


class Proven(NamedTuple):
    """What was proven of all of them."""

    environments: tuple[Environment, ...]
    expired: tuple[Failure, ...]
    """Pins past their support, the same for all environments."""
    today: date


def proven(pairs: Sequence[Pair], today: date) -> Proven:
    """Prove the new side of each environment; `today` is the day by which the ledger is read."""
    found = tuple(each for pair in pairs if (each := _environment(pair)))
    return Proven(found, tuple(expiry.past(pins(), today)), today)


def section(found: Proven) -> Section:
    """Write what was proven: a table of proofs and environments, failures, and who gets which devices."""
    failed = any(each.proofs.failures for each in found.environments) or bool(found.expired)
    blocks: list[Block] = [Text(_summary(found)), _table(found)]
    rows = _failures(found)
    if rows:
        blocks.append(Table(("environment", "proof", "object", "reason"), tuple(rows)))
    blocks += [
        Folded(f"Devices in {each.name}", (_devices(each.devices),))
        for each in found.environments
        if each.devices
    ]
    return Section("Proofs", tuple(blocks), alarm=failed)


def _environment(pair: Pair) -> Environment | None:
    if pair.new.env is None:
        return None
    objects = _objects(pair.new)
    proofs = prove(objects, pair.new.env)
    shaped = all(each.name != "shape" for each in proofs.proven)
    seen = world(objects, pair.new.env) if shaped else None
    return Environment(pair.name, proofs, tuple(table(seen.pods, seen.nodes)) if seen else ())


def _objects(side: Side) -> Objects:
    def rendered(item: tuple[Identity, Located]) -> bool:
        return item[1].component not in NO_COMPONENTS

    return {identity: located.body for identity, located in filter(rendered, side.objects.items())}


def _summary(found: Proven) -> str:
    count = sum(len(each.proofs.failures) for each in found.environments) + len(found.expired)
    seen = "; ".join(
        f"{each.name}: {each.proofs.references} references, {each.proofs.pods} pods on "
        f"{each.proofs.nodes} kinds of nodes, {each.proofs.connections} connections"
        for each in found.environments
    )
    return f"{'Everything holds' if not count else f'{count} failures'}. {seen}."


def _table(found: Proven) -> Table:
    """Give a row for each proof; what was not reached, as an object has no shape, is a dash."""
    counts = [
        {each.name: len(each.failures) for each in environment.proofs.proven}
        for environment in found.environments
    ]
    names = {name: about for name, about, _ in PROOFS} | {
        each.name: each.about for environment in found.environments for each in environment.proofs.proven
    }
    rows = [(name, about, *(_result(own.get(name)) for own in counts)) for name, about in names.items()]
    until = f"nothing pinned was past its support on {found.today}"
    rows.append(("expiry", until, *(_result(len(found.expired)) for _ in counts)))
    header = ("proof", "what must hold", *(each.name for each in found.environments))
    return Table(header, tuple(rows))


def _result(failures: int | None) -> str:
    return "-" if failures is None else "pass" if not failures else f"{failures} failed"


def _failures(found: Proven) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (environment.name, each.name, failure.subject, failure.message)
        for environment in found.environments
        for each in environment.proofs.proven
        for failure in each.failures
    ]
    expired = [("all", "expiry", each.subject, each.message) for each in found.expired]
    return [*rows, *expired]


def _devices(rows: Sequence[Row]) -> Table:
    written = (
        (
            row.pod,
            str(row.copies),
            row.node,
            ", ".join(f"{count} of {have} {name}" for name, count, have in row.devices),
        )
        for row in rows
    )
    return Table(("pod", "copies", "kind of node", "devices asked for"), tuple(written), (1,))
