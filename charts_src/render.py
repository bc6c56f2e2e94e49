"""Environment -> every file that Argo CD syncs or that installs Argo CD's own part, as a value."""

from typing import TYPE_CHECKING, NamedTuple

from charts_src import argocd, fingerprint
from charts_src.argocd_bootstrap import bootstrap
from charts_src.cloud import files as cloud
from charts_src.emit import emit
from charts_src.errors import UserError
from charts_src.incremental import Units
from charts_src.lib.own_images import wanted
from charts_src.model import Environment
from charts_src.objects import AWS_FOLDER
from charts_src.publish import Files
from charts_src.registry import COMPONENTS
from charts_src.units import Unit

if TYPE_CHECKING:
    from charts_src.objects import Identity


class Rendering(NamedTuple):
    """What an environment renders to, one tree for each folder that it owns."""

    manifests: Files
    """rendered/<env>/"""
    applications: Files
    """argocd/<env>/"""
    bootstrap: Files
    """argocd/bootstrap/<env>/"""


def render(env: Environment, units: Units) -> Rendering:
    """Render an environment, recalling components that `units` knows.

    Raises UserError for an object that no schema or policy admits, and for one that two components describe.
    """
    records = {each.name: units.get(each, env) for each in COMPONENTS if each.enabled(env)}
    found = {name: record.unit for name, record in records.items()}
    _refuse_collisions(found)
    summaries = {name: unit.summaries for name, unit in found.items()}
    manifests = {f"{name}/{path}": text for name, unit in found.items() for path, text in unit.files.items()}
    identities = [identity for unit in found.values() for identity in unit.identities]
    made = cloud.files(env, identities, wanted(env, manifests))
    manifests |= {f"{AWS_FOLDER}/{path}": text for path, text in made.items()}
    manifests["provenance.yaml"] = _provenance(env, found)
    sections = {name: record.sections for name, record in records.items()}
    ignored = {each.name: each.left_to_controllers for each in COMPONENTS}
    return Rendering(manifests, argocd.applications(env, summaries, sections, ignored), bootstrap(env))


def _refuse_collisions(units: dict[str, Unit]) -> None:
    owners: dict[Identity, str] = {}
    for name, unit in units.items():
        for summary in unit.summaries:
            if other := owners.get(summary.identity):
                raise UserError(
                    f"{summary.identity}: described twice, by components {other} and {name}; rename one"
                )
            owners[summary.identity] = name


def _provenance(env: Environment, units: dict[str, Unit]) -> str:
    """Say what the tree was made from.

    The constructs' own code is not hashed here: the commit that holds this file holds them too, and a hash
    that every commit changes would make every pair of branches conflict.
    """
    return emit(
        {
            "environment": env.name,
            "inputs": {
                "decisions": f"sha256:{fingerprint.of_text(env.model_dump_json())}",
                "dependencies": f"sha256:{fingerprint.of_files([fingerprint.LOCK])}",
            },
            "components": {
                name: {"objects": len(unit.files), "versions": unit.versions} for name, unit in units.items()
            },
        }
    )
