"""Keys that say what an environment would have without them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from charts_src import config
from charts_src.config import Settings
from charts_src.config.complaints import Complaint, Where
from charts_src.dead_keys.keys import keys, without
from charts_src.helm.fields import lookup
from charts_src.model import Environment


class Written(NamedTuple):
    """The files of all environments."""

    directory: Path
    base: Settings | None
    own: Mapping[str, Settings]

    def merged(self, name: str) -> Settings:
        """Merge base.yaml with the file of an environment."""
        return self.base.overlaid(self.own[name]) if self.base else self.own[name]


def read(directory: Path, names: Iterable[str]) -> Written:
    """Read the files of environments. Raises UserError for one that isn't YAML that can be read."""
    base = directory / "base.yaml"
    own = {name: config.read_file(directory / f"{name}.yaml") for name in names}
    return Written(directory, config.read_file(base) if base.exists() else None, own)


def repeated(written: Written, names: Iterable[str]) -> list[Complaint]:
    """Find keys of the files of `names` that base.yaml or a default says too, and such of base.yaml."""
    found = [each for name in names for each in _of_environment(written, name)]
    return [*found, *_of_base(written)]


def _of_environment(written: Written, name: str) -> Iterable[Complaint]:
    own, whole = written.own[name], environment(written.merged(name))
    for where in keys(own):
        less = written._replace(own={name: without(own, where)})
        if environment(less.merged(name)) == whole:
            yield _complaint(own, where, _said_by(written, where))


def _of_base(written: Written) -> Iterable[Complaint]:
    base = written.base or Settings({}, {}, ())
    whole = {name: environment(written.merged(name)) for name in written.own}
    for where in keys(base) if base.data else ():
        less = written._replace(base=without(base, where))
        if all(environment(less.merged(name)) == each for name, each in whole.items()):
            everywhere = all(where in own.origins for own in written.own.values())
            said_by = "every environment itself" if everywhere else "a default of the model"
            yield _complaint(base, where, said_by)


def _said_by(written: Written, where: Where) -> str:
    below = written.base.origins.get(where) if written.base else None
    return f"base.yaml in line {below.line}" if below else "a default of the model"


def _complaint(settings: Settings, where: Where, said_by: str) -> Complaint:
    origin = settings.origins[where]
    section = lookup(settings.data, where[:-1])
    alone = len(where) > 1 and len(section) == 1
    remedy = f"write {where[-2]}: {{}}" if alone else "delete it"
    return Complaint(origin.file, origin.line, where, f"is said by {said_by} too; {remedy}")


def environment(settings: Settings) -> Environment | None:
    """Make the environment; None where the model does not take it."""
    try:
        return Environment.model_validate_json(json.dumps(settings.data))
    except ValidationError:
        return None
