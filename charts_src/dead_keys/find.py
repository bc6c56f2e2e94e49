"""All dead keys of environments, each with its file and line."""

from collections.abc import Callable, Sequence
from pathlib import Path

from charts_src import config, state
from charts_src.config.complaints import Complaint, Where
from charts_src.dead_keys.keys import keys, without
from charts_src.dead_keys.repeated import Written, environment, read, repeated
from charts_src.helm.experiments import data_of
from charts_src.model import Environment

_UNREAD = "changes nothing that is rendered; delete it"


def dead_keys(names: Sequence[str], directory: Path, tell: Callable[[int, int], None]) -> list[Complaint]:
    """Find the keys that change nothing in the files of `names`, and in base.yaml for all that have it.

    A key of base.yaml is dead when it is in each of `names` that has it; so ask for all environments to know.
    Raises UserError for problems in environments/.
    """
    environments = config.load_all(directory)
    written = read(directory, state.environment_names(directory))
    found = repeated(written, names)
    known = {each.where for each in found}
    dead = {name: _unread(name, written, environments, tell) for name in names}
    for name in names:
        merged = written.merged(name)
        for where in dead[name]:
            origin = merged.origins[where]
            if where not in known and _dead_for_all(where, origin.file, written, dead):
                found.append(Complaint(origin.file, origin.line, where, _UNREAD))
    return sorted(dict.fromkeys(found), key=lambda each: (str(each.file), each.line))


def repeated_keys(names: Sequence[str], directory: Path) -> list[Complaint]:
    """Find only keys that say what base.yaml or a default says: a matter of a second."""
    return repeated(read(directory, state.environment_names(directory)), names)


def _dead_for_all(where: Where, file: Path, written: Written, dead: dict[str, list[Where]]) -> bool:
    """Say whether no environment makes something of a key; only base.yaml is for several."""
    if file.stem != "base":
        return True
    return all(where in dead[name] for name in dead if _from(written, name, where) == file)


def _from(written: Written, name: str, where: Where) -> Path | None:
    origin = written.merged(name).origins.get(where)
    return origin.file if origin else None


def _unread(
    name: str, written: Written, environments: dict[str, Environment], tell: Callable[[int, int], None]
) -> list[Where]:
    from charts_src.dead_keys.unread import Search, unread  # starts Node

    merged = written.merged(name)
    data = {each: data_of(env) for each, env in environments.items()}
    search = Search(environments[name], data, lambda where: environment(without(merged, where)))
    return unread(list(keys(merged)), search, tell)
