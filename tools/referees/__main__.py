"""Have every referee judge environments: `python -m tools.referees all`, or names instead of all.

Prints what each says, and fails on a finding without a reason and on a reason that nothing needs.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from charts_src import ROOT, state
from charts_src.config.load import load
from charts_src.errors import UserError
from charts_src.model import Environment
from charts_src.proofs.report import notebooks
from tools.referees import checkov, exceptions, kube_score, kyverno
from tools.referees.exceptions import Skip, Use
from tools.referees.projection import Subject, subjects, write
from tools.referees.report import Judged
from tools.referees.verdict import Verdict

_Judge = Callable[[Path, list[Subject], Environment], Verdict]

REFEREES: dict[str, _Judge] = {
    "checkov": lambda folder, found, _: checkov.judge(folder, found),
    "kube-score": lambda folder, found, env: kube_score.judge(folder, found, env.kubernetes),
    "kyverno": lambda folder, found, _: kyverno.judge(folder, found),
}
"""Name -> judge of the objects of an environment, which lie in a folder."""


def reasons(referee: str) -> list[Skip]:
    """Give the reasons for what a referee finds; for Pod Security those of our own rule."""
    if referee == "kyverno":
        return exceptions.of_policy(kyverno.RULES, "restricted")
    return exceptions.read(referee)


def judge(name: str, referees: dict[str, list[Skip]], console: Console) -> Iterator[Judged]:
    """Have referees judge an environment, one after the other."""
    env = load(name, state.ENVIRONMENTS)
    found = subjects(ROOT / "rendered" / name, notebooks(env))
    with TemporaryDirectory(prefix="referees-") as folder:
        write(found, Path(folder))
        for referee, skips in referees.items():
            with console.status(f"{name}: {referee}"):
                verdict = REFEREES[referee](Path(folder), found, env)
            yield Judged(name, verdict, exceptions.weigh(verdict.findings, skips))


def _unneeded(referees: dict[str, list[Skip]], judged: Sequence[Judged]) -> Iterator[str]:
    for referee, skips in referees.items():
        used: set[Use] = set()
        used.update(*(each.outcome.used for each in judged if each.verdict.referee.startswith(referee)))
        for use in exceptions.unneeded(skips, used):
            yield f"{referee}: {use.check} for {use.objects}: no object needs this exception; take it out"


def main(words: Sequence[str] | None = None) -> int:
    """Judge the named environments, or all; give the exit status."""
    known = state.environment_names()
    parser = argparse.ArgumentParser(prog="python -m tools.referees")
    parser.add_argument("environment", nargs="+", metavar="environment", help=", ".join(["all", *known]))
    parser.add_argument("--referee", choices=sorted(REFEREES), help="only this one")
    arguments = parser.parse_args(words)
    names = known if "all" in arguments.environment else arguments.environment
    referees = {name: reasons(name) for name in REFEREES if arguments.referee in (None, name)}
    console, judged = Console(stderr=True), []
    for name in names:
        for each in judge(name, referees, console):
            print("\n".join(each.lines()), flush=True)
            judged.append(each)
    # An object that needs an exception may be in one environment only.
    stale = list(_unneeded(referees, judged)) if set(names) == set(known) else []
    print("\n".join(stale), end="\n" if stale else "")
    return int(bool(stale) or any(each.failed for each in judged))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
