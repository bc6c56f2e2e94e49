"""Sign-offs: who merges something dangerous on purpose says so in environments/sign-offs/<env>.yaml.

The file is a list of {gate, object, reason}. Only what this pull request adds to it counts: what was signed
off once covers nothing that happens later.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from charts_src import ROOT, state
from charts_src.config.complaints import Complaint, Where, refusal, shown
from charts_src.config.nodes import read_items
from charts_src.config.settings import Items
from charts_src.config.text import read_text
from charts_src.diff.trees import read_revision
from charts_src.errors import UserError
from charts_src.review.finding import Finding

FOLDER: Final = state.ENVIRONMENTS / "sign-offs"
"""Where the files are; nothing is rendered from them."""

SIGNABLE: Final = (
    "definitions",
    "deletion",
    "gangs",
    "leaps",
    "limits",
    "network",
    "permissions",
    "privileges",
    "rbac",
    "renames",
    "replicas",
    "safeguards",
)
"""Gates whose findings can be signed off; the others leave no reason to merge."""

_KEYS: Final = ("gate", "object", "reason")


class SignOff(NamedTuple):
    """One entry."""

    gate: str
    object: str
    """As a finding writes it: Kind namespace/name."""
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Say whether the finding is the one that is signed off."""
        return (self.gate, self.object) == (finding.gate, str(finding.subject))


class SignOffs(NamedTuple):
    """The entries of an environment."""

    new: tuple[SignOff, ...] = ()
    """Those that the pull request adds, which count."""
    old: tuple[SignOff, ...] = ()
    """Those that were there before, which do not."""


class Verdict(NamedTuple):
    """What the gates found, by whether it is signed off."""

    open: tuple[Finding, ...]
    signed: tuple[tuple[Finding, SignOff], ...]
    idle: tuple[SignOff, ...]
    """New entries that match nothing."""
    spent: tuple[SignOff, ...]
    """Old entries that would match something."""


def read(names: Sequence[str], revision: str) -> dict[str, SignOffs]:
    """Read the sign-offs of environments, and which of them a Git revision has already.

    Raises UserError with a line for each entry that is none, and for a file of no environment. What the
    revision has and can't be read is no sign-off.
    """
    complaints = [*_strangers()]
    if complaints:
        raise refusal(complaints)
    prefix = FOLDER.relative_to(ROOT).as_posix()
    before = read_revision(ROOT, revision, prefix)
    return {name: _read(name, before.get(f"{name}.yaml", "")) for name in names}


def compared(new: Sequence[SignOff], old: Sequence[SignOff]) -> SignOffs:
    """Divide entries into those that the old ones have and the rest."""
    return SignOffs(
        tuple(each for each in new if each not in old), tuple(each for each in new if each in old)
    )


def judge(findings: Sequence[Finding], sign_offs: SignOffs) -> Verdict:
    """Divide findings into those that are signed off and those that are not."""
    signed = {each: by for each in findings for by in sign_offs.new if by.covers(each)}
    return Verdict(
        tuple(each for each in findings if each not in signed),
        tuple(signed.items()),
        tuple(each for each in sign_offs.new if each not in signed.values()),
        tuple(each for each in sign_offs.old if any(each.covers(finding) for finding in findings)),
    )


def parse(file: Path, text: str) -> list[SignOff]:
    """Read the entries of a file. Raises UserError with a line for each problem."""
    items = read_items(file, text)
    complaints = [*items.complaints]
    entries: list[SignOff] = []
    for index, item in enumerate(items.data):
        problems = [*_problems(item, (index,))]
        complaints += [_complaint(items, file, where, message) for where, message in problems]
        if problems:
            continue
        entry = SignOff(**item)
        if any(each[:2] == entry[:2] for each in entries):
            message = f"{entry.object} is signed off for {entry.gate} twice; keep one entry"
            complaints.append(_complaint(items, file, (index,), message))
        entries.append(entry)
    if complaints:
        raise refusal(complaints)
    return entries


def _read(name: str, before: str) -> SignOffs:
    file = FOLDER / f"{name}.yaml"
    if not file.exists():
        return SignOffs()
    return compared(parse(file, read_text(file)), _lenient(file, before))


def _lenient(file: Path, text: str) -> list[SignOff]:
    try:
        return parse(file, text)
    except UserError:
        return []


def _strangers() -> Iterator[Complaint]:
    known = state.environment_names()
    for file in sorted(FOLDER.glob("*")):
        if file.suffix != ".yaml" or file.stem not in known:
            message = f"is for no environment; name it after one of {', '.join(known)}, as NAME.yaml"
            yield Complaint(file, 0, (), message)


def _problems(item: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if not isinstance(item, dict):
        yield where, "is no sign-off; write gate, object and reason"
        return
    for key in item:
        if key not in _KEYS:
            yield (*where, key), f"is unknown; a sign-off has {', '.join(_KEYS)}"
    for key in _KEYS:
        if not isinstance(item.get(key), str) or not item[key].strip():
            yield (*where, key), f"is missing; {_MISSING[key]}"
    gate = item.get("gate")
    if isinstance(gate, str) and gate.strip() and gate not in SIGNABLE:
        yield (*where, "gate"), f"{shown(gate)} can't be signed off; write one of {', '.join(SIGNABLE)}"


_MISSING: Final = {
    "gate": f"write one of {', '.join(SIGNABLE)}",
    "object": "write the object as the review does, such as Namespace kuberay-system",
    "reason": "say why this is meant",
}


def _complaint(items: Items, file: Path, where: Where, message: str) -> Complaint:
    origin = next(
        (items.origins[where[:n]] for n in range(len(where), -1, -1) if where[:n] in items.origins), None
    )
    return Complaint(file, origin.line if origin else 0, where, message)
