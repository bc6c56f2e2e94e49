"""The section of Helm charts: where Argo CD gets them from, if it does not sync the rendered directory."""

from collections.abc import Iterable
from typing import Annotated

from charts_src.model.base import VERSION, Form, Model, Problem

ChartRegistry = Annotated[
    str,
    Form(
        r"^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$",
        "write an OCI registry and, after a slash, a path, in lower case and without oci://",
    ),
]
"""OCI registry with a path prefix, without a scheme."""

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = rf"({_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"

ChartVersion = Annotated[
    str,
    Form(
        rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(\.{_IDENTIFIER})*)?$",
        "write one exact version, such as 1.4.0 or 1.4.0-rc.1: no range, no latest, no +",
    ),
    VERSION,
]
"""Semantic version 2.0.0 without build metadata, because a tag of a registry has no plus sign."""


class Charts(Model):
    """The charts of all components, published together."""

    registry: ChartRegistry
    """OCI registry and path of the charts, without oci://; below it each has the name of its component."""

    version: ChartVersion
    """Version of every chart. Argo CD keeps the versions that it fetched, so never push one a second time."""

    def problems(self) -> Iterable[Problem]:
        """Find a registry that a project of Argo CD can't tell from others.

        Go's url.Parse takes no address that starts with a digit and has a port, and Argo CD compares all that
        it can't parse as the empty text (argo-cd v3.6.1, util/git/git.go, NormalizeGitURL).
        """
        host = self.registry.partition("/")[0]
        if ":" in host and host[0].isdigit():
            yield Problem(
                ("registry",),
                f"{host} has a port and starts with a digit, and Argo CD takes all such registries for one; "
                "write a name that starts with a letter",
            )
