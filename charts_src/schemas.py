"""The folder schemas/: what upstream's packages and the model give, and whether the folder still says so."""

from pathlib import Path

from charts_src import ROOT
from charts_src.model.editor_schema import editor_schema
from charts_src.publish import publish, replace_file
from charts_src.schema import derive
from charts_src.schema.layout import SCHEMAS

ENVIRONMENT = ROOT / "schemas" / "environment.schema.json"
"""JSON Schema of environments/*.yaml, for editors."""


def write_upstream() -> None:
    """Derive the part that upstream's packages give, and replace it in one atomic step.

    Raises UserError when a package can't be had or is not the pinned one.
    """
    publish(derive.derive(), SCHEMAS)


def write_environment() -> None:
    """Derive the part that the model gives, and replace it in one atomic step."""
    replace_file(ENVIRONMENT, editor_schema())


def stale_paths() -> list[Path]:
    """Give the files, relative to the repository, that are not what the two functions above would leave."""
    stale = [SCHEMAS / path for path in derive.stale_paths(SCHEMAS)]
    if not ENVIRONMENT.is_file() or ENVIRONMENT.read_text() != editor_schema():
        stale.append(ENVIRONMENT)
    return [path.relative_to(ROOT) for path in stale]
