"""The command line: compare components, print the differences, fail on any without a reason."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml

from charts_src import ROOT
from charts_src.errors import UserError
from tools.upstream.compare import Accepted, Difference, Result, Side, differences, explain
from tools.upstream.facts import CATEGORIES, facts
from tools.upstream.source import MODULES, load, upstream_objects

TABLES = Path(__file__).parent / "components"
RENDERED = ROOT / "rendered" / "prod"


def compare(component: str) -> Result:
    """Compare what a component renders for prod with upstream's objects."""
    table = _table(component)
    names = table.get("names", {})
    folders = table.get("rendered", [component])
    ours = facts(load(path for folder in folders for path in sorted((RENDERED / folder).glob("*.yaml"))))
    theirs = facts(
        (body for source in table["sources"] for body in upstream_objects(source)),
        lambda name: str(names.get(name, name)),
    )
    labels = [_label(source) for source in table["sources"]]
    return explain(component, labels, differences(ours, theirs), accepted(table))


def _table(component: str) -> dict[str, Any]:
    try:
        table: dict[str, Any] = yaml.safe_load((TABLES / f"{component}.yaml").read_text())
    except FileNotFoundError:
        raise UserError(f"{component}: no such file in {TABLES}") from None
    return table


def accepted(table: dict[str, Any]) -> list[Accepted]:
    """Read the reasons of a component: per side, patterns that belong to one reason."""
    return [
        Accepted(side, pattern, entry["why"])
        for entry in table.get("differences", ())
        for side in get_args(Side)
        for pattern in entry.get(side, ())
    ]


def _label(source: dict[str, Any]) -> str:
    return f"{MODULES[source['module']]} {source.get('chart') or ' '.join(source['files'])}"


def text(result: Result, everything: bool) -> Iterator[str]:
    """Write a result for people: counts, and what is to be done or, if wanted, everything."""
    yield f"{result.component}: {', '.join(result.upstream)}"
    for side in get_args(Side):
        counts = Counter(each.category for each in result.reasons if each.side == side)
        listed = ", ".join(f"{counts[name]} {name}" for name in CATEGORIES if counts[name])
        yield f"  only {side}: {listed or 'nothing'}"
    shown = [each for each, why in result.reasons.items() if everything or why is None]
    for (side, why), lines in _grouped(result, shown).items():
        yield f"  only {side}, {f'because {why}' if why else 'WITHOUT A REASON'}"
        yield from (f"    {line}" for line in lines)
    yield from (f"  NO MORE: only {each.side} {each.pattern} ({each.why})" for each in result.gone)


def _grouped(result: Result, shown: Sequence[Difference]) -> dict[tuple[str, str | None], list[str]]:
    """Put the facts of one side and reason together, and the verbs of one resource into one line."""
    verbs: dict[tuple[str, str | None], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in shown:
        stem, _, last = each.fact.rpartition(" ")
        ruled = each.category in ("rule", "scope")
        verbs[each.side, result.reasons[each]][stem if ruled else each.fact] += [last] if ruled else []
    return {
        key: [f"{stem} {','.join(last)}".strip() for stem, last in found.items()]
        for key, found in verbs.items()
    }


def _data(result: Result) -> dict[str, Any]:
    return {
        "component": result.component,
        "upstream": list(result.upstream),
        "differences": [
            {"only": each.side, "fact": each.fact, "why": why} for each, why in result.reasons.items()
        ],
        "no_more": [{"only": each.side, "pattern": each.pattern, "why": each.why} for each in result.gone],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Compare the named components, or all; give the exit status."""
    known = sorted(path.stem for path in TABLES.glob("*.yaml"))
    parser = argparse.ArgumentParser(prog="python -m tools.upstream")
    parser.add_argument("component", nargs="*", metavar="component", help=", ".join(known))
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--all", action="store_true", help="print the differences with a reason too")
    arguments = parser.parse_args(words)
    try:
        results = [compare(component) for component in arguments.component or known]
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps([_data(result) for result in results], indent=2))
    else:
        print("\n".join(line for result in results for line in text(result, arguments.all)))
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main())
