"""An environment before and after a pull request."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from charts_src.diff.compare import Change
from charts_src.diff.parse import Located
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.publish import Files

NO_COMPONENTS: Final = (".", "argocd", "argocd-bootstrap")
"""What objects outside rendered/<env>/ have as their component."""


class Side(NamedTuple):
    """One environment at one revision."""

    env: Environment | None
    """None where it is not, or where the files of that revision are no environment for today's model."""
    files: Files
    """Path -> text: `<component>/<file>` of rendered/<env>/, the AWS side too, `argocd/<file>`, ..."""
    objects: dict[Identity, Located]
    """Every Kubernetes object, with its file and component; values of Secrets are Hidden.

    Objects of argocd/<env>/ belong to the component `argocd`. Definitions (CRDs) are without the schemas of
    their versions.
    """
    templates: Mapping[str, str] = MappingProxyType({})
    """Path -> text of the JSON files of the AWS side: CloudFormation stacks and IAM policies."""

    def body(self, identity: Identity) -> Body:
        """Give an object as plain data. Raises KeyError when it is not there."""
        return self.objects[identity].body

    def bodies(self) -> dict[Identity, Body]:
        """Give every object as plain data."""
        return {identity: located.body for identity, located in self.objects.items()}


class Pair(NamedTuple):
    """What a pull request makes of an environment."""

    name: str
    old: Side
    new: Side
    changes: tuple[Change, ...]
    """Objects that differ, by component, kind, namespace and name."""
