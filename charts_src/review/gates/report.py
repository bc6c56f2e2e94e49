"""The gates as parts of the review."""

from collections.abc import Sequence

from charts_src.review.finding import Finding
from charts_src.review.gates.sign_offs import SIGNABLE, SignOff, Verdict
from charts_src.review.gates.sizes import DiffSize
from charts_src.review.page import Block, Bullets, Folded, Section, Table, Text


def section(name: str, verdict: Verdict) -> Section:
    """Write what the gates found in an environment; it alarms when something is not signed off."""
    blocks: list[Block] = []
    if not verdict.open:
        signed = f"; {len(verdict.signed)} signed off" if verdict.signed else ""
        blocks.append(Text(f"Nothing stops this pull request{signed}."))
    else:
        blocks += [_table(verdict.open), Text(_remedy(name, verdict.open))]
    if verdict.signed:
        rows = tuple((each.gate, str(each.subject), each.message, by.reason) for each, by in verdict.signed)
        table = Table(("gate", "object", "what happens", "reason"), rows)
        blocks.append(Folded(f"{len(rows)} signed off", (table,)))
    if notes := (*_notes(verdict.idle, "matches nothing here"), *_notes(verdict.spent, _SPENT)):
        blocks.append(Bullets(notes))
    return Section(f"Danger gates in {name}", tuple(blocks), alarm=bool(verdict.open))


_SPENT = "was there before this pull request, so it does not count; replace it by one with a new reason"


def _table(findings: Sequence[Finding]) -> Table:
    rows = tuple((each.gate, str(each.subject), each.path, each.message) for each in findings)
    return Table(("gate", "object", "field", "what happens, and the remedy"), rows)


def _remedy(name: str, findings: Sequence[Finding]) -> str:
    first = next((each for each in findings if each.gate in SIGNABLE), None)
    if first is None:
        return "None of this can be signed off."
    entry = f'{{gate: {first.gate}, object: "{first.subject}", reason: "..."}}'
    return (
        f"What is meant is signed off in environments/sign-offs/{name}.yaml, one line each, such as - {entry}"
    )


def _notes(sign_offs: Sequence[SignOff], words: str) -> tuple[str, ...]:
    return tuple(f"Sign-off for {each.gate} of {each.object}: {words}." for each in sign_offs)


def size_section(size: DiffSize) -> Section:
    """Write how large the diff of generated files is; it alarms when GitHub does not show all of it."""
    text = f"{size.files:,} generated files, {size.lines:,} lines, {size.bytes:,} bytes of diff."
    excesses = size.excesses()
    if not excesses:
        return Section("Size of the diff", (Text(text),))
    remedy = (
        f"{text} GitHub does not show all of it: {', '.join(excesses)}. Divide the pull request, by "
        "environment or by component, so that each part can be read."
    )
    return Section("Size of the diff", (Text(remedy),), alarm=True)
