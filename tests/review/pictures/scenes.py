"""Small environments, and prod as it is checked in."""

from collections.abc import Mapping, Sequence
from functools import cache

from charts_src import ROOT, workspace
from charts_src.diff.trees import read_tree
from charts_src.emit import emit
from charts_src.objects import Body
from charts_src.publish import Files
from charts_src.review.read import pair_of
from charts_src.review.sides import Pair
from charts_src.waves import SYNC_WAVE
from tests.objects import thing

Components = Mapping[str, Sequence[Body]]
"""Component -> its objects."""


def files(components: Components) -> Files:
    """Write the objects of components as a render does."""
    return {
        f"{name}/{body['kind']}-{body['metadata']['name']}.yaml".lower(): emit(body)
        for name, bodies in components.items()
        for body in bodies
    }


def small(old: Components, new: Components) -> Pair:
    """Give both sides of an environment that is named small and has no settings."""
    return pair_of("small", (None, files(old)), (None, files(new)))


def application(name: str, wave: int, **annotations: str) -> Body:
    """Give an Application of Argo CD."""
    body = thing("argoproj.io/Application", name, "argocd", spec={})
    body["metadata"]["annotations"] = {SYNC_WAVE: str(wave), **annotations}
    return body


def prod() -> Pair:
    """Give prod without a change."""
    return unchanged("prod")


@cache
def unchanged(name: str) -> Pair:
    """Give an environment as it is checked in, on both sides."""
    env, found = workspace.read_environments([name])[name], workspace.checked_in(name)
    pair = pair_of(name, (env, found), (env, found))
    templates = read_tree(ROOT / "rendered" / name / "aws", ".json")
    return pair._replace(
        old=pair.old._replace(templates=templates), new=pair.new._replace(templates=templates)
    )


def edited(edits: Mapping[str, tuple[str, str]], *gone: str) -> Pair:
    """Give prod with texts replaced in files of the old side, which lacks components too."""
    now = prod()
    old = {
        path: text
        for path, text in now.new.files.items()
        if path.partition("/")[0] not in gone
        and path.removeprefix("argocd/application-").removesuffix(".yaml") not in gone
    }
    for path, (after, before) in edits.items():
        assert after in old[path], path
        old[path] = old[path].replace(after, before)
    env = now.new.env
    pair = pair_of("prod", (env, old), (env, now.new.files))
    templates = now.new.templates
    return pair._replace(
        old=pair.old._replace(templates=templates), new=pair.new._replace(templates=templates)
    )
