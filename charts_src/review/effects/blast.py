"""Blast radius: how far a pull request reaches in each environment."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from charts_src.diff.summary import title
from charts_src.objects import AWS_FOLDER, Identity
from charts_src.review.effects.outcome import ENDING
from charts_src.review.effects.replaced import Replaced, replaced
from charts_src.review.effects.restarts import Restart, restarts
from charts_src.review.page import Block, Folded, Section, Table, Text
from charts_src.review.sides import Pair
from charts_src.waves import stays


class Removed(NamedTuple):
    """An object that leaves Git."""

    subject: Identity
    component: str
    stays: bool
    """Whether it stays in the cluster until a person deletes it, as definitions, Namespaces and claims do."""


class Blast(NamedTuple):
    """What a pull request touches in an environment."""

    environment: str
    applications: tuple[str, ...]
    """Argo CD Applications with something to sync, one for each component; `argocd` is the root's."""
    namespaces: tuple[str, ...]
    restarts: tuple[Restart, ...]
    replaced: tuple[Replaced, ...]
    removed: tuple[Removed, ...]

    @property
    def ending(self) -> tuple[Restart, ...]:
        """Give what costs running pods."""
        return tuple(each for each in self.restarts if each.when in ENDING)


def blast(pair: Pair) -> Blast:
    """Say what a pull request touches in an environment."""
    synced = [change for change in pair.changes if change.component != AWS_FOLDER]
    return Blast(
        pair.name,
        tuple(sorted({change.component for change in synced})),
        tuple(sorted({change.identity.namespace for change in synced} - {""})),
        tuple(restarts(pair)),
        tuple(replaced(pair)),
        tuple(
            Removed(change.identity, change.component, stays(pair.old.body(change.identity)))
            for change in synced
            if change.status == "removed"
        ),
    )


def section(pairs: Sequence[Pair]) -> Section:
    """Show a row for each environment, then what restarts and what has to be replaced."""
    blasts = [blast(pair) for pair in pairs]
    header = ("environment", "applications", "namespaces", "restart", "pods", "replaced", "removed")
    rows = tuple(
        (
            each.environment,
            ", ".join(each.applications) or "none",
            ", ".join(each.namespaces) or "none",
            str(len({restart.subject for restart in each.ending})),
            _pods(each.ending),
            str(len({found.subject for found in each.replaced})),
            _leaving(each.removed),
        )
        for each in blasts
    )
    details = (block for each in blasts for block in _details(each))
    return Section("Blast radius", (Table(header, rows, numbers=(3, 4, 5, 6)), *details))


def _pods(ending: Sequence[Restart]) -> str:
    """Add up the pods; those that each node has, and those that move with their nodes, are told apart."""
    moving = [each for each in ending if each.when == "nodes"]
    known = sum(each.pods or 0 for each in ending if each not in moving)
    daemons = sum(each.subject.kind == "DaemonSet" for each in ending)
    more = [f"{daemons} on each node"] if daemons else []
    if moving:
        more.append(f"up to {sum(each.pods or 0 for each in moving)} that move with their nodes")
    return " + ".join([str(known), *more])


def _leaving(removed: Sequence[Removed]) -> str:
    staying = sum(each.stays for each in removed)
    return f"{len(removed)} ({staying} stay)" if staying else str(len(removed))


def _details(found: Blast) -> Iterator[Block]:
    if found.replaced:
        yield Text(
            f"{found.environment}: the API server refuses these changes; sync fails until they are replaced."
        )
        yield Table(
            ("object", "fields", "remedy", "source"),
            tuple(
                (title(each.subject), ", ".join(each.fields), each.remedy, each.source)
                for each in found.replaced
            ),
        )
    for text, group in (
        ("restarts", found.ending),
        ("keeps running", tuple(each for each in found.restarts if each.when not in ENDING)),
    ):
        if group:
            yield Folded(f"{found.environment}: what {text} ({len(group)})", (_restarts(group),))
    if found.removed:
        rows = tuple(
            (
                title(each.subject),
                each.component,
                "stays until a person deletes it (Prune=false)" if each.stays else "deleted",
            )
            for each in found.removed
        )
        table = Table(("object", "component", "what becomes of it"), rows)
        yield Folded(f"{found.environment}: what leaves Git ({len(rows)})", (table,))


def _restarts(group: Sequence[Restart]) -> Table:
    rows = tuple(
        (
            title(each.subject),
            each.component,
            each.when,
            each.how,
            "" if each.pods is None else str(each.pods),
        )
        for each in group
    )
    return Table(("object", "component", "when", "how", "pods"), rows, numbers=(4,))
