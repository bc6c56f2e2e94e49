"""environments/base.yaml merged with environments/<name>.yaml -> Environment, or everything that is wrong."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from charts_src.config.check import checked
from charts_src.config.complaints import Complaint, refusal, shown, shown_path
from charts_src.config.nodes import read_nodes
from charts_src.config.settings import Settings
from charts_src.config.text import read_text
from charts_src.errors import UserError
from charts_src.model import Environment
from charts_src.state import environment_names


def load(name: str, directory: Path) -> Environment:
    """Read one environment.

    Raises UserError with one line for each problem of its files, sorted by line.
    """
    return checked(name, read_settings(name, directory))


def load_all(directory: Path) -> dict[str, Environment]:
    """Read every environment, by name.

    Raises UserError as `load` does, for all environments together, and when two have the same cluster.
    """
    if not (names := environment_names(directory)):
        raise UserError(_unknown("", directory, names))
    settings: dict[str, Settings] = {}
    environments: dict[str, Environment] = {}
    lines = []
    for name in names:
        try:
            settings[name] = read_settings(name, directory)
            environments[name] = checked(name, settings[name])
        except UserError as error:
            lines += str(error).splitlines()
    if clashes := [*_clashes(environments, settings)]:
        lines.append(str(refusal(clashes)))
    if lines:
        raise UserError("\n".join(dict.fromkeys(lines)))
    return environments


def read_settings(name: str, directory: Path) -> Settings:
    """Read the files of one environment and merge them, without checking that the result is an environment.

    Raises UserError when there is no such environment, or when one of its files isn't YAML that can be read.
    """
    if name not in (names := environment_names(directory)):
        raise UserError(_unknown(name, directory, names))
    base, own = directory / "base.yaml", directory / f"{name}.yaml"
    if not base.exists():
        return read_file(own)
    return read_file(base).overlaid(read_file(own))


def read_file(file: Path) -> Settings:
    """Read one file of environments/ by itself. Raises UserError when it isn't YAML that can be read."""
    return read_nodes(file, read_text(file))


def _unknown(name: str, directory: Path, names: list[str]) -> str:
    if not names:
        return f"{shown_path(directory)}: has no environment; write NAME.yaml there"
    close = get_close_matches(name, names, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    return f"{shown_path(directory)}: has no environment {shown(name)}; {remedy}"


def _clashes(environments: dict[str, Environment], settings: dict[str, Settings]) -> Iterable[Complaint]:
    """Find environments that would fight over one cluster."""
    seen: dict[tuple[str, str, str], str] = {}
    for name, environment in environments.items():
        cluster = (environment.aws.account, environment.aws.region, environment.cluster.name)
        if (first := seen.setdefault(cluster, name)) != name:
            where = ("cluster", "name")
            file, line, _ = settings[name].origin(where)
            message = f"{environment.cluster.name} is the cluster of {first} and of {name}; give each its own"
            yield Complaint(file, line, where, message)
