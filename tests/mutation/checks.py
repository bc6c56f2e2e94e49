"""What a mutant has to pass: each check names those that it catches, with its first reason.

`make verify` is none of them: it catches every change, as it would a right one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from charts_src.diff.compare import compare
from charts_src.diff.parse import Located, parse
from charts_src.emit import emit
from charts_src.errors import UserError
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.proofs.report import prove
from charts_src.proofs.tree import Objects, objects_of, without_schemas
from charts_src.publish import Files
from charts_src.review.gates import findings as danger
from charts_src.review.sides import Pair, Side
from charts_src.validate import validate
from tests.mutation.mutate import Mutant


class Subject(NamedTuple):
    """The rendered environment that mutants are of."""

    env: Environment
    tree: Mapping[str, Body]
    """File -> object."""
    objects: Objects
    files: Files
    """File -> text."""
    located: dict[Identity, Located]
    """Every object, with its file and component."""


def subject_of(files: Files, env: Environment) -> Subject:
    """Read the files of a rendered tree that hold Kubernetes objects."""
    tree = {path: yaml.load(text, yaml.CSafeLoader) for path, text in files.items()}
    located = parse({path: without_schemas(path, text) for path, text in files.items()})
    return Subject(env, tree, objects_of(files), files, located)


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


def proofs(subject: Subject, mutants: Sequence[Mutant], _folder: Path) -> dict[str, str]:
    """Prove the environment with each mutant in the place of its object."""
    found: dict[str, str] = {}
    for mutant in mutants:
        try:
            failures = prove(mutated(subject, mutant), subject.env).failures
        except UserError as error:
            found[mutant.name] = str(error)
            continue
        if failures:
            found[mutant.name] = str(failures[0])
    return found


def gates(subject: Subject, mutants: Sequence[Mutant], _folder: Path) -> dict[str, str]:
    """Review each mutant as the only change of a pull request."""
    found: dict[str, str] = {}
    for mutant in mutants:
        findings = danger(pair_with(subject, mutant))
        if findings:
            found[mutant.name] = str(findings[0])
    return found


def pair_with(subject: Subject, mutant: Mutant) -> Pair:
    """Give both sides of a review of one mutant; only its file is read and compared anew."""
    text = "" if mutant.body is None else emit(mutant.body)
    files = {key: each for key, each in subject.files.items() if key != mutant.file}
    new_files = files if mutant.body is None else files | {mutant.file: text}
    own = Identity.of(subject.tree[mutant.file])
    objects = {identity: each for identity, each in subject.located.items() if identity != own}
    if mutant.body is not None:
        objects |= parse({mutant.file: without_schemas(mutant.file, text)})
    old = {mutant.file: subject.files[mutant.file]}
    changes = tuple(compare(old, {} if mutant.body is None else {mutant.file: text}))
    sides = Side(subject.env, subject.files, subject.located), Side(subject.env, new_files, objects)
    return Pair(subject.env.name, *sides, changes)


def mutated(subject: Subject, mutant: Mutant) -> Objects:
    """Give the environment with a mutant in the place of its object.

    Raises UserError where a review, which reads all files, would: an object without a name, or two of one.
    """
    own = Identity.of(subject.tree[mutant.file])
    rest = {identity: body for identity, body in subject.objects.items() if identity != own}
    new = {} if mutant.body is None else objects_of({mutant.file: emit(mutant.body)})
    if new.keys() & rest.keys():
        raise UserError(f"{mutant.file}: is described twice")
    return rest | new


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
