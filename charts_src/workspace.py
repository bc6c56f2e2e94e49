"""What the commands do with the generated folders: render, replace, compare and check them."""

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from charts_src import NODE, ROOT, config, state
from charts_src.diff.compare import Change, compare
from charts_src.diff.trees import read_revision, read_tree
from charts_src.errors import UserError
from charts_src.model import Environment
from charts_src.objects import NOT_OBJECTS
from charts_src.publish import Files, publish
from charts_src.validate import Report
from charts_src.validate import validate as check_files

if TYPE_CHECKING:
    from charts_src.incremental import Units
    from charts_src.proofs.report import Proofs
    from charts_src.proofs.tree import Objects

KUBECONFORM = ROOT / ".tools" / "bin" / "kubeconform"

Trees = dict[str, Files]
"""The folders of an environment; the keys are those of state.folders()."""


def fresh(environments: Mapping[str, Environment], *, recall: bool) -> dict[str, Trees]:
    """Render environments; `recall` takes components that no change touches from earlier renders.

    Raises UserError for problems in an environment, and when there is no Node; then nothing was written.
    """
    return rendered(environments, units(recall=recall))


def units(*, recall: bool) -> "Units":
    """Give what renders components; without `recall` it knows only what it has rendered itself.

    Raises UserError when there is no Node.
    """
    if not NODE.is_file():
        raise UserError(f"{NODE}: Node is missing; run make clean, and the next make sets it up again")
    from charts_src.incremental import Units  # starts Node

    return Units() if recall else Units(directory=None)


def rendered(environments: Mapping[str, Environment], units: "Units") -> dict[str, Trees]:
    """Render environments. Raises UserError for problems in an environment."""
    from charts_src.render import render

    return {
        name: dict(zip(state.folders(name), render(env, units), strict=True))
        for name, env in environments.items()
    }


def read_environments(names: list[str]) -> dict[str, Environment]:
    """Read environments; only when all are asked for can they be compared with one another."""
    if names == state.environment_names():
        return config.load_all(state.ENVIRONMENTS)
    return {name: config.load(name, state.ENVIRONMENTS) for name in names}


def update(names: list[str], inputs: Mapping[str, str], *, recall: bool) -> dict[str, str]:
    """Render environments and replace their folders, each in one atomic step; say what changed in each.

    All `names` are read and checked, those in `inputs` are rendered; its values are their inputs' hashes.
    """
    environments = read_environments(names)
    made = fresh({name: environments[name] for name in inputs}, recall=recall)
    return {name: _replace(name, inputs[name], trees) for name, trees in made.items()}


def _replace(name: str, inputs: str, trees: Trees) -> str:
    """Replace the folders; list the files, each an object, that this adds, changes and removes."""
    lines: dict[str, list[str]] = {"changed": [], "added": [], "removed": []}
    for prefix, folder in state.folders(name).items():
        for path, status in _differences(folder, trees[prefix]).items():
            if path.rpartition("/")[2] not in NOT_OBJECTS:
                lines[status].append(f"  {status:8} {(folder / path).relative_to(ROOT)}")
        publish(trees[prefix], folder)
    state.mark_current(name, inputs, trees)
    counts = ", ".join(f"{len(files)} {status}" for status, files in lines.items())
    return "\n".join([counts, *chain.from_iterable(lines.values())])


def _differences(folder: Path, expected: Files) -> dict[str, str]:
    """Compare a folder with what should be in it, byte by byte: path -> changed, added or removed."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    wanted = {path: text.encode() for path, text in expected.items()}
    return {
        path: "changed" if path in found and path in wanted else "added" if path in wanted else "removed"
        for path in sorted(found.keys() | wanted.keys())
        if found.get(path) != wanted.get(path)
    }


def stale_paths(names: list[str]) -> list[str]:
    """Give each file on disk that is not what a full render of its environment alone gives."""
    return [
        (folder / path).relative_to(ROOT).as_posix()
        for name, env in read_environments(names).items()
        for tree, folder in _trees_and_folders(name, env)
        for path in _differences(folder, tree)
    ]


def _trees_and_folders(name: str, env: Environment) -> Iterable[tuple[Files, Path]]:
    """Pair what a render that shares nothing with other environments gives with where it belongs."""
    trees = fresh({name: env}, recall=False)[name]
    return zip(trees.values(), state.folders(name).values(), strict=True)


def changes_by_rendering(names: list[str]) -> dict[str, list[Change]]:
    """Compare what is checked in with a fresh render."""
    return {
        name: compare(checked_in(name), joined(trees))
        for name, trees in fresh(read_environments(names), recall=True).items()
    }


def changes_since(names: list[str], revision: str) -> dict[str, list[Change]]:
    """Compare a Git revision with what is checked in. Raises UserError for an unknown revision."""
    return {name: compare(at_revision(name, revision), checked_in(name)) for name in names}


def checked_in(name: str) -> Files:
    """Read an environment's folders as they are on disk."""
    folders = state.folders(name).items()
    return joined({prefix: read_tree(folder) for prefix, folder in folders if folder.is_dir()})


def at_revision(name: str, revision: str) -> Files:
    """Read an environment's folders as they are in a Git revision. Raises UserError for an unknown one."""
    below = {prefix: folder.relative_to(ROOT).as_posix() for prefix, folder in state.folders(name).items()}
    return joined({prefix: read_revision(ROOT, revision, path) for prefix, path in below.items()})


def joined(trees: Trees) -> Files:
    """Merge the folders of an environment into one mapping, each path below the prefix of its folder.

    Without the JSON files of the AWS side, which hold no Kubernetes objects.
    """
    return {
        prefix + path: text
        for prefix, files in trees.items()
        for path, text in files.items()
        if path.endswith(".yaml")
    }


def validate(names: list[str]) -> dict[str, Report]:
    """Check every manifest of environments strictly against the schemas of its Kubernetes minor."""
    return {
        name: check_files(list(state.folders(name).values()), env.kubernetes, KUBECONFORM)
        for name, env in read_environments(names).items()
    }


def objects(name: str) -> "Objects":
    """Read the rendered objects of an environment. Raises UserError when there are none."""
    from charts_src.proofs.tree import read_objects

    folder = state.folders(name)[""]
    if not folder.is_dir():
        raise UserError(f"{folder}: no such directory; render the environment first")
    return read_objects(folder)


def prove(names: list[str]) -> "dict[str, Proofs]":
    """Prove what must hold of all rendered objects of an environment together."""
    from charts_src.proofs.report import prove as check_together

    return {name: check_together(objects(name), env) for name, env in read_environments(names).items()}


def components_page() -> str:
    """Write the page about components, for all environments."""
    from charts_src.docs import components_page  # starts Node

    return components_page(config.load_all(state.ENVIRONMENTS))
