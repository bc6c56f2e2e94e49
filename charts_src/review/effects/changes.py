"""What changes in an environment, object by object."""

from collections.abc import Iterator

from charts_src.diff.compare import Change
from charts_src.diff.lines import hunk
from charts_src.diff.summary import by_component, counts, title
from charts_src.review.effects.edit import ORDER
from charts_src.review.page import Block, Bullets, Folded, Patch, Section, Text
from charts_src.review.sides import Pair

_OPEN_LINES = 30
"""Lines of a component's changes that are shown at once; with more it is folded."""


def section(pair: Pair) -> Section:
    """Show the changed fields of each object, by component; lists whose order alone changed are counted."""
    title_ = f"Changes in {pair.name}"
    if not pair.changes:
        return Section(title_, (Text("Nothing changes."),))
    return Section(title_, (Text(f"{counts(pair.changes)}."), *_components(pair)))


def _components(pair: Pair) -> Iterator[Block]:
    for component, group in by_component(pair.changes):
        blocks = tuple(block for change in group if change.fields for block in _changed(change))
        for status in ("added", "removed"):
            names = tuple(title(change.identity) for change in group if change.status == status)
            if names:
                blocks += (Text(f"{status}:"), Bullets(names))
        summary = f"{component}: {counts(group)}"
        if sum(map(_lines, blocks)) > _OPEN_LINES:
            yield Folded(summary, blocks)
        else:
            yield Text(summary)
            yield from blocks


def _changed(change: Change) -> Iterator[Block]:
    fields = [field for field in change.fields if not field.path.endswith(ORDER)]
    moved = len(change.fields) - len(fields)
    order = f" ({moved} {'list' if moved == 1 else 'lists'} in another order)" if moved else ""
    yield Text(f"{title(change.identity)}{order}")
    if fields:
        yield Patch(tuple(line for field in fields for line in hunk(field)))


def _lines(block: Block) -> int:
    return len(block.lines) if isinstance(block, Patch | Bullets) else 1
