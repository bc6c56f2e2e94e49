"""The construct that everything is made of: a component (a cdk8s chart) of objects.

This is the only module that knows how cdk8s is fed. cdk8s owns identity: the construct tree, names,
namespaces and labels. What a manifest says beyond its metadata stays in Python, so numbers keep their
exact value and no large body (a CRD has up to 300 KB) crosses to the Node process and back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from cdk8s import ApiObject, Chart

from charts_src.errors import UserError
from charts_src.lib.iam import PodIdentity
from charts_src.lib.scope import is_namespaced
from charts_src.objects import Body, Identity

if TYPE_CHECKING:
    from constructs import Construct

    from charts_src.model import Environment

_HEADER = ("apiVersion", "kind", "metadata")


class Component(Chart):
    """One deployable unit: a class in components/ or workloads/, a folder in rendered/, an Application.

    A subclass sets `name` and `target_namespace`, and composes its objects with `add` and cdk8s-plus
    constructs. It reads decisions from `self.env` and nothing else, so the same environment always gives
    the same objects.
    """

    name: ClassVar[str]
    """Folder in rendered/<env>/ and name of the Argo CD application."""

    target_namespace: ClassVar[str]
    """Namespace of every namespaced object that does not name its own."""

    left_to_controllers: ClassVar[Mapping[tuple[str, str], Sequence[str]]] = {}
    """(group, kind) -> jq paths of fields that a controller sets and Argo CD must not see as a difference."""

    def __init__(self, scope: "Construct", env: "Environment") -> None:
        """Compose the component for one environment."""
        super().__init__(
            scope,
            self.name,
            namespace=self.target_namespace,
            disable_resource_name_hashes=True,
            labels={"app.kubernetes.io/name": self.name, "app.kubernetes.io/part-of": "genai-on-eks"},
        )
        self.env = env
        self._contents: dict[Identity, Body] = {}
        self.compose()

    @classmethod
    def enabled(cls, env: "Environment") -> bool:  # noqa: ARG003
        """Say whether the environment has this component at all."""
        return True

    def versions(self) -> dict[str, str]:
        """Give the version of each upstream program in the component, for the provenance file."""
        return {}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Say what the component's ServiceAccounts may do in AWS; those left out may do nothing."""
        return ()

    def compose(self) -> None:
        """Add every object of the component."""
        raise NotImplementedError

    def add(self, body: Body) -> None:
        """Add one object, written as the Kubernetes API documents it; its namespace may be left out.

        Raises UserError when the component already has this object.
        """
        metadata = dict(body["metadata"])
        if is_namespaced(body["kind"]):
            metadata.setdefault("namespace", self.target_namespace)
        identity = Identity.of(body | {"metadata": metadata})
        if identity in self._contents:
            raise UserError(f"{identity}: described twice in component {self.name}; rename one of them")
        ApiObject(self, str(identity), api_version=body["apiVersion"], kind=body["kind"], metadata=metadata)
        self._contents[identity] = {key: body[key] for key in body if key not in _HEADER}

    def objects(self) -> list[Body]:
        """Synthesise the component: every object once, cluster-scoped ones without a namespace.

        Raises UserError when two constructs describe one object, naming both.
        """
        bodies = [_placed(body) for body in self.to_json()]
        _refuse_collisions(self, bodies)
        return [body | self._contents.get(Identity.of(body), {}) for body in bodies]


def _placed(body: Body) -> Body:
    """Undo cdk8s, which writes the chart's namespace on cluster-scoped objects too."""
    if is_namespaced(body["kind"]):
        return body
    metadata = {key: value for key, value in body["metadata"].items() if key != "namespace"}
    return body | {"metadata": metadata}


def _refuse_collisions(chart: Component, bodies: list[Body]) -> None:
    counts = Counter(map(Identity.of, bodies))
    for identity in (identity for identity, count in counts.items() if count > 1):
        paths = [
            construct.node.path
            for construct in chart.node.find_all()
            if isinstance(construct, ApiObject)
            and (construct.kind, construct.name) == (identity.kind, identity.name)
        ]
        raise UserError(f"{identity}: described twice, by {' and '.join(paths)}; rename one of them")
