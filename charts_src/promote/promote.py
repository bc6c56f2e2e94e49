"""Promote versions between environments: edit the file of one, and say what that does."""

import json
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from charts_src import config
from charts_src.config import Settings
from charts_src.config.check import checked
from charts_src.config.complaints import Where, dotted, shown
from charts_src.config.nodes import read_nodes
from charts_src.config.text import read_text
from charts_src.errors import UserError
from charts_src.helm.experiments import data_of
from charts_src.helm.fields import MISSING, plain, replaced
from charts_src.model import Environment
from charts_src.model.base import all_problems
from charts_src.promote.edit import remove, set_value
from charts_src.promote.plan import LOCAL, Left, Move, Plan, plan
from charts_src.publish import replace_file


class Promotion(NamedTuple):
    """A promotion that is worked out, and not written yet."""

    source: str
    target: str
    plan: Plan
    file: Path
    text: str
    """What the file of the target is to hold."""
    before: Environment
    after: Environment


def prepare(directory: Path, source: str, target: str, component: str = "") -> Promotion:
    """Work out what of `source` goes to `target`: of all, or of what one component reads.

    Raises UserError for problems in environments/, an unknown name, and where the versions contradict what
    the target says otherwise.
    """
    if source == target:
        raise UserError(f"promote: {source} is both FROM and TO; name two environments")
    ours, theirs = config.load(target, directory), config.load(source, directory)
    wanted = _read_by(component, (ours, theirs)) if component else (lambda _where: True)
    found = plan(data_of(theirs), data_of(ours), wanted)
    file = directory / f"{target}.yaml"
    text, after, made, left = read_text(file), ours, [], list(found.left)
    for move in found.moves:
        expected = Environment.model_validate(dict(replaced(data_of(after), move.where, move.new)))
        if problem := next((each for each in all_problems(expected) if each.where == move.where), None):
            left.append(Left(move.where, move.new, move.old, problem.message))
            continue
        text, after = _edited(directory, target, text, move, expected), expected
        made.append(move)
    checked(target, _settings(directory, target, text))
    return Promotion(source, target, Plan(tuple(made), tuple(left)), file, text, ours, after)


def write(promotion: Promotion) -> None:
    """Write the file of the target, in one step. Raises UserError for what the system refuses."""
    try:
        if promotion.plan.moves:
            replace_file(promotion.file, promotion.text)
    except OSError as error:
        raise UserError(
            f"{promotion.file}: cannot be written: {error.strerror}; permit it, then run again"
        ) from error


def _edited(directory: Path, target: str, text: str, move: Move, expected: Environment) -> str:
    """Remove the target's own key where base.yaml or the default says the same then; else set it."""
    own = read_nodes(directory / f"{target}.yaml", text)
    if move.where in own.origins:
        shorter = remove(text, move.where)
        if _gives(directory, target, shorter, expected):
            return shorter
    longer = set_value(text, move.where, plain(move.new))
    if not _gives(directory, target, longer, expected):
        raise UserError(
            f"{directory / target}.yaml: {dotted(move.where)} cannot be set to {shown(plain(move.new))} "
            "without changing more; edit it yourself"
        )
    return longer


def _gives(directory: Path, target: str, text: str, expected: Environment) -> bool:
    settings = _settings(directory, target, text)
    try:
        return Environment.model_validate_json(json.dumps(settings.data)) == expected
    except ValueError:
        return False


def _settings(directory: Path, target: str, text: str) -> Settings:
    own, base = read_nodes(directory / f"{target}.yaml", text), directory / "base.yaml"
    return config.read_file(base).overlaid(own) if base.exists() else own


def _read_by(component: str, environments: Iterable[Environment]) -> Callable[[Where], bool]:
    """Give what says whether a component reads a field in one of the environments."""
    from charts_src.helm.experiments import read_by
    from charts_src.registry import COMPONENTS

    known = {each.name: each for each in COMPONENTS}
    if component not in known:
        close = get_close_matches(component, known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise UserError(f"promote: there is no component {component}; {remedy}")
    made = known[component]
    reads = {where for env in environments if made.enabled(env) for where in read_by(made, env)}
    return lambda where: any(read == where[: len(read)] for read in reads)


def described(promotion: Promotion, component: str) -> str:
    """Say what is promoted and what is left, and why."""
    source, target, (moves, left), *_ = promotion
    of = f" of {component}" if component else ""
    lines = [f"{target}: {_count(moves)}{of} from {source}" if moves else _nothing(promotion, of)]
    lines += [f"  {dotted(each.where)}: {_shown(each.old)} -> {_shown(each.new)}" for each in moves]
    special = [each for each in left if each.reason != LOCAL]
    local = [each for each in left if each.reason == LOCAL]
    lines += map(_left, [*special, *(local if component else [])])
    if local and not component:
        lines.append(
            f"left: {len(local)} decisions that are each environment's own; "
            f"make compare A={source} B={target} lists them"
        )
    return "".join(f"{line}\n" for line in lines)


def _nothing(promotion: Promotion, of: str) -> str:
    return f"{promotion.target}: nothing{of} to promote from {promotion.source}"


def _count(moves: Sequence[Move]) -> str:
    return f"{len(moves)} version{'' if len(moves) == 1 else 's'}"


def _left(each: Left) -> str:
    values = f"{_shown(each.source)}, here {_shown(each.target)}"
    return f"left: {dotted(each.where)} ({values}): {each.reason}"


def _shown(value: Any) -> str:
    return "not there" if value is MISSING else shown(plain(value))
