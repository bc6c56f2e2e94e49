"""The two sides of a review: a Git revision, and what is checked out."""

import tempfile
from pathlib import Path

from charts_src import ROOT, config, state, workspace
from charts_src.diff.compare import compare
from charts_src.diff.parse import Located, parse
from charts_src.diff.trees import read_revision, read_tree
from charts_src.errors import UserError
from charts_src.model import Environment
from charts_src.objects import AWS_FOLDER, NOT_OBJECTS, Identity
from charts_src.proofs.tree import without_schemas
from charts_src.publish import Files
from charts_src.review.sides import Pair, Side


def read_pairs(names: list[str], revision: str) -> list[Pair]:
    """Read each environment as of a revision and as it is on disk.

    Raises UserError for an unknown revision, a file that is no manifest, and a problem in environments/.
    """
    before = _environments_at(names, revision)
    return [
        _with_templates(
            pair_of(
                name, (before[name], workspace.at_revision(name, revision)), (env, workspace.checked_in(name))
            ),
            revision,
        )
        for name, env in workspace.read_environments(names).items()
    ]


def _with_templates(pair: Pair, revision: str) -> Pair:
    """Add the JSON files of the AWS side, which hold no Kubernetes objects."""
    folder = state.folders(pair.name)[""] / AWS_FOLDER
    before = read_revision(ROOT, revision, folder.relative_to(ROOT).as_posix(), ".json")
    after = read_tree(folder, ".json") if folder.is_dir() else {}
    return pair._replace(old=pair.old._replace(templates=before), new=pair.new._replace(templates=after))


def pair_of(name: str, old: tuple[Environment | None, Files], new: tuple[Environment | None, Files]) -> Pair:
    """Compare two sides of an environment; a file that both have is read once."""
    objects = _objects(new[1])
    of_file = {located.file: (identity, located) for identity, located in objects.items()}
    same = {path for path, text in old[1].items() if path in of_file and new[1].get(path) == text}
    rest = {path: text for path, text in old[1].items() if path not in same}
    before = dict(of_file[path] for path in sorted(same)) | _objects(rest)
    changes = tuple(compare(old[1], new[1]))
    return Pair(name, Side(*old, before), Side(*new, objects), changes)


def _objects(files: Files) -> dict[Identity, Located]:
    """Read the Kubernetes objects; those of the AWS side are none, and schemas of definitions say nothing."""
    return parse(
        {
            path: without_schemas(path, text)
            for path, text in files.items()
            if path.partition("/")[0] != AWS_FOLDER and path.rpartition("/")[2] not in NOT_OBJECTS
        }
    )


def _environments_at(names: list[str], revision: str) -> dict[str, Environment | None]:
    """Read environments of a revision with today's model, which an old one may not fit."""
    files = read_revision(ROOT, revision, state.ENVIRONMENTS.relative_to(ROOT).as_posix())
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            if "/" not in path:
                (Path(folder) / path).write_text(text, encoding="utf-8")
        return {name: _environment(name, Path(folder)) for name in names}


def _environment(name: str, directory: Path) -> Environment | None:
    try:
        return config.load(name, directory)
    except UserError:
        return None
