"""Sync waves that are not what the references between the objects of a component demand."""

from collections.abc import Iterator

from charts_src.errors import UserError
from charts_src.objects import Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import NO_COMPONENTS, Pair
from charts_src.waves import SYNC_WAVE, waves

_GATE = "order"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find objects that come or change and would be applied too early or too late."""
    for component in sorted({change.component for change in pair.changes}):
        bodies = [each.body for each in pair.new.objects.values() if each.component == component]
        if component in NO_COMPONENTS or not bodies:
            continue
        yield from _component(pair, bodies)


def _component(pair: Pair, bodies: list[Body]) -> Iterator[Finding]:
    try:
        wanted = waves(bodies)
    except UserError as error:
        yield Finding(_GATE, pair.changes[0].identity, "", str(error))
        return
    changed = {change.identity for change in pair.changes}
    for body in bodies:
        identity = Identity.of(body)
        wave, given = wanted[identity], body["metadata"].get("annotations", {}).get(SYNC_WAVE, "0")
        if identity in changed and str(given) != str(wave):
            message = (
                f"is applied in wave {given}, what it needs and what needs it demand {wave}; render anew"
            )
            yield Finding(_GATE, identity, f'metadata.annotations["{SYNC_WAVE}"]', message)
