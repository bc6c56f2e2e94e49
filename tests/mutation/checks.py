"""What a mutant has to pass: each check names those that it catches, with its first reason.

`make verify` is none of them: it catches every change, as it would a right one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from charts_src.emit import emit
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.policy import violations
from charts_src.proofs.report import prove
from charts_src.proofs.tree import Objects
from charts_src.validate import validate
from tests.mutation.mutate import Mutant


class Subject(NamedTuple):
    """The rendered environment that mutants are of."""

    env: Environment
    tree: Mapping[str, Body]
    """File -> object."""
    objects: Objects


Check = Callable[[Subject, Sequence[Mutant], Path], dict[str, str]]
"""Subject, mutants and an empty folder -> name of a caught mutant -> why."""


def schemas(kubeconform: Path) -> Check:
    """Give the check of `make validate` by kubeconform, in one run over all mutants."""

    def check(subject: Subject, mutants: Sequence[Mutant], folder: Path) -> dict[str, str]:
        files = {folder / f"{number}.yaml": mutant for number, mutant in enumerate(mutants) if mutant.body}
        for file, mutant in files.items():
            file.write_text(emit(mutant.body), encoding="utf-8")
        report = validate([folder], subject.env.kubernetes, kubeconform)
        return {files[Path(problem.path)].name: problem.message for problem in report.problems}

    return check


def policies(subject: Subject, mutants: Sequence[Mutant], folder: Path) -> dict[str, str]:
    """Check each mutant by the rules for single objects, which hold of everything that is rendered."""
    return {
        mutant.name: str(first)
        for mutant in mutants
        if mutant.body and (first := next(violations(mutant.body), None))
    }


def proofs(subject: Subject, mutants: Sequence[Mutant], folder: Path) -> dict[str, str]:
    """Prove the environment with each mutant in the place of its object."""
    found: dict[str, str] = {}
    for mutant in mutants:
        failures = prove(mutated(subject, mutant), subject.env).failures
        if failures:
            found[mutant.name] = str(failures[0])
    return found


def mutated(subject: Subject, mutant: Mutant) -> Objects:
    """Give the environment with a mutant in the place of its object."""
    own = Identity.of(subject.tree[mutant.file])
    rest = {identity: body for identity, body in subject.objects.items() if identity != own}
    return rest if mutant.body is None else rest | {Identity.of(mutant.body): without_versions(mutant.body)}


def without_versions(body: Body) -> Body:
    """Leave the schemas of a definition out, as the proofs read it."""
    if body["kind"] != "CustomResourceDefinition":
        return body
    return {**body, "spec": {key: value for key, value in body["spec"].items() if key != "versions"}}


def caught(
    subject: Subject, mutants: Sequence[Mutant], checks: Mapping[str, Check], folder: Path
) -> Iterator[tuple[Mutant, str, str]]:
    """Give each mutant that a check catches, with the name of the first one that does, and its reason.

    A later check sees only what the earlier ones let through.
    """
    left = list(mutants)
    for number, (name, check) in enumerate(checks.items()):
        own = folder / str(number)
        own.mkdir()
        reasons = check(subject, left, own) if left else {}
        yield from ((mutant, name, reasons[mutant.name]) for mutant in left if mutant.name in reasons)
        left = [mutant for mutant in left if mutant.name not in reasons]
