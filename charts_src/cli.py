"""The command line: the only code that prints, parses arguments or exits.

Exit codes: 0 done, 1 differences or violations found, 2 the user's input is wrong, 70 a bug,
130 interrupted (__main__.py). Results go to standard output, errors to standard error.
"""

import argparse
import difflib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from charts_src import commands, state
from charts_src.commands import Outcome
from charts_src.errors import UserError

WRONG_INPUT, BUG, PIPE_CLOSED = 2, 70, 141


def main(argv: Sequence[str]) -> int:
    """Run one command and return the exit code."""
    try:
        return _shown(_run(_parser().parse_args(argv)))
    except UserError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except Exception:
        traceback.print_exc()
        return BUG


def _shown(outcome: Outcome) -> int:
    """Print the result and return the exit code, another one when standard output does not take it."""
    try:
        sys.stdout.write(outcome.text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again at its exit
        if isinstance(error, BrokenPipeError):
            return PIPE_CLOSED
        raise UserError(f"standard output: {error.strerror}; make room or write elsewhere") from error
    return outcome.code


def _run(arguments: argparse.Namespace) -> Outcome:
    names = list(dict.fromkeys(getattr(arguments, "environment", ())))
    if "all" in names:
        names = state.environment_names()
        if not names:
            raise UserError("environments: has no environment; write NAME.yaml there")
    return _COMMANDS[arguments.command](arguments, names)


def _render(arguments: argparse.Namespace, names: list[str]) -> Outcome:
    return commands.verify(names) if arguments.verify else commands.render(names, recall=not arguments.full)


def _diff(arguments: argparse.Namespace, names: list[str]) -> Outcome:
    return commands.diff(names, arguments.base, arguments.format, color=_wants_color())


def _schemas(arguments: argparse.Namespace, _names: list[str]) -> Outcome:
    if arguments.check:
        return commands.check_schemas()
    return commands.write_schemas(only_environment=arguments.only_environment)


_COMMANDS: dict[str, Callable[[argparse.Namespace, list[str]], Outcome]] = {
    "bootstrap": lambda arguments, names: _plan(arguments, names),
    "charts": lambda _arguments, _names: commands.make_charts(_progress()),
    "compare": lambda arguments, _: commands.compare(
        arguments.one, arguments.other, arguments.format, _counter("components compared")
    ),
    "connections": lambda _, names: commands.connections(names),
    "dead-keys": lambda _, names: commands.dead_keys(names, _counter("keys tried")),
    "diff": _diff,
    "docs": lambda arguments, _: commands.docs(check=arguments.check),
    "expiry": lambda arguments, _: commands.expiry(arguments.date),
    "images": lambda arguments, names: _plan(arguments, names),
    "lock-images": lambda _arguments, _names: commands.lock_images(),
    "new": lambda arguments, _: commands.new(arguments.name),
    "promote": lambda arguments, _: commands.promote(
        arguments.source, arguments.target, arguments.component, color=_wants_color()
    ),
    "publish-charts": lambda arguments, _: commands.publish_charts(
        arguments.registry, _progress(), plain_http=arguments.plain_http
    ),
    "render": _render,
    "run": lambda arguments, names: _run_job(arguments, names),
    "schemas": _schemas,
    "teardown": lambda arguments, names: _plan(arguments, names),
    "validate": lambda _, names: commands.validate(names),
    "why": lambda arguments, _: commands.why(arguments.address, _counter("fields of the environment tried")),
}


def _plan(arguments: argparse.Namespace, names: list[str]) -> Outcome:
    """Print a plan, or run it; a teardown wants the name of the cluster, typed or given."""
    if "all" in arguments.environment or len(names) != 1:
        raise UserError(f"{arguments.command}: works on one environment; write ENV=NAME")
    if not arguments.run:
        return commands.show_plan(names[0], arguments.command)
    if arguments.command == "teardown":
        cluster = commands.cluster_of(names[0])
        answer = arguments.yes or _asked(f"This deletes {cluster} and what runs on it. Type its name: ")
        if answer != cluster:
            raise UserError(f"teardown: not confirmed; type the name of the cluster, or write YES={cluster}")
    say = _progress()
    return commands.run_plan(names[0], arguments.command, say, keep_data=arguments.keep_data)


def _run_job(arguments: argparse.Namespace, names: list[str]) -> Outcome:
    if len(names) != 1:
        raise UserError("run: works on one environment; write ENV=NAME")
    return commands.run_job(
        names[0],
        arguments.job,
        _progress(),
        step=arguments.step,
        settings=shlex.split(arguments.set),
        show=arguments.show,
    )


def _asked(question: str) -> str:
    """Ask on a terminal; elsewhere there is nobody to answer."""
    if not sys.stdin.isatty():
        return ""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _progress() -> Callable[[str], None]:
    """Give what prints a line of progress to standard error, in color on a terminal."""
    if not sys.stderr.isatty() or "NO_COLOR" in os.environ:
        return lambda line: print(line, file=sys.stderr, flush=True)
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return lambda line: console.print(line, style="dim" if line.startswith(" ") else "bold", markup=False)


def _counter(words: str) -> Callable[[int, int], None]:
    """Give what shows on a terminal, in one line that goes away, how many of all are done."""
    if not sys.stderr.isatty():
        return lambda _done, _of: None

    def tell(done: int, of: int) -> None:
        sys.stderr.write(f"\r{done} of {of} {words}" if done < of else "\r\x1b[K")
        sys.stderr.flush()

    return tell


def _wants_color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the nearest known word."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{self.prog}: {message}; see make help")

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if action.choices is not None and value not in action.choices:
            raise UserError(
                f"{value}: unknown {action.metavar or action.dest}{_nearest(value, action.choices)}"
            )


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; choose {', '.join(names)}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="charts_src", description="Render, compare and check the platform's manifests.")
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    environment = _Parser(add_help=False)
    choices = [*state.environment_names(), "all"]
    environment.add_argument("environment", nargs="+", choices=choices, metavar="environment")

    render = subparsers.add_parser("render", parents=[environment], help="write rendered/ and argocd/")
    render.add_argument("--full", action="store_true", help="render every component, recall none")
    render.add_argument(
        "--verify", action="store_true", help="write nothing; exit 1 if a full render differs"
    )
    subparsers.add_parser("dead-keys", parents=[environment], help="list keys that change nothing")
    diff = subparsers.add_parser("diff", parents=[environment], help="show what a render or a branch changes")
    diff.add_argument("--base", metavar="REVISION", help="compare the checked-in tree with this Git revision")
    diff.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    subparsers.add_parser(
        "validate", parents=[environment], help="check every manifest alone, and all together"
    )
    for name, words in (
        ("bootstrap", "make a cluster"),
        ("images", "build and push our images"),
        ("teardown", "remove a cluster"),
    ):
        plan = subparsers.add_parser(name, parents=[environment], help=f"print or run the steps that {words}")
        plan.add_argument("--run", action="store_true", help="run the steps")
        plan.add_argument("--yes", metavar="CLUSTER", help="name of the cluster to remove, instead of asking")
        plan.add_argument("--keep-data", action="store_true", help="stop where data would be lost")
    run = subparsers.add_parser("run", parents=[environment], help="start a job and follow it to its end")
    run.add_argument("--job", required=True, choices=commands.JOBS, metavar="job")
    run.add_argument("--step", default="", help="start only this step of a workflow")
    run.add_argument("--set", default="", help="parameters of a workflow, as name=value name=value")
    run.add_argument("--show", action="store_true", help="print the object that would be created")
    subparsers.add_parser("connections", parents=[environment], help="list who may talk to whom")
    schemas = subparsers.add_parser("schemas", help="derive schemas/ from the pinned upstream packages")
    schemas.add_argument("--check", action="store_true", help="write nothing; exit 1 if schemas/ is stale")
    schemas.add_argument("--only-environment", action="store_true", help="only the schema of environments/")
    expiry = subparsers.add_parser("expiry", help="list pins past, or near, the end of their support")
    expiry.add_argument("date", help="such as 2026-11-24")
    docs = subparsers.add_parser("docs", help="write docs/components.md")
    docs.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    subparsers.add_parser("lock-images", help="ask the registries for the digest of every image")
    subparsers.add_parser("charts", help="make a Helm chart of each component, and one of all")
    publish = subparsers.add_parser("publish-charts", help="push the packages of charts to a registry")
    publish.add_argument("registry", help="such as registry.example.com/charts")
    publish.add_argument("--plain-http", action="store_true", help="the registry has no TLS")
    compare = subparsers.add_parser("compare", help="say how and why two environments differ")
    for name in ("one", "other"):
        compare.add_argument(name, choices=state.environment_names(), metavar="environment")
    compare.add_argument("--format", choices=("text", "json"), default="text")
    promote = subparsers.add_parser("promote", help="take versions from one environment to another")
    promote.add_argument("source", choices=state.environment_names(), metavar="environment")
    promote.add_argument("target", choices=state.environment_names(), metavar="environment")
    promote.add_argument("--component", default="", help="only what this component reads")
    why = subparsers.add_parser("why", help="say which decision a rendered field comes from")
    why.add_argument(
        "address", help="such as rendered/prod/karpenter/deployment-karpenter.yaml:spec.replicas"
    )
    new = subparsers.add_parser("new", help="write the files of a new component")
    new.add_argument("name")
    return parser
