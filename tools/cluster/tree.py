"""Rendered objects in the order in which Argo CD applies them, and their application without Argo CD.

Order: Applications by their sync wave; in each its objects by theirs, then by kind, then by name.
Source of the order of kinds: argo-cd v3.6.1, gitops-engine/pkg/sync/sync_tasks.go.

Webhook configurations come last, against that order: no webhook runs behind them here, and with failurePolicy
Fail they would refuse what follows. Each is applied as rendered, twice, and then deleted.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from charts_src import config, state, workspace
from charts_src.errors import UserError
from charts_src.objects import NOT_OBJECTS, Body, Identity
from charts_src.proofs.tree import Objects
from charts_src.publish import publish
from charts_src.waves import SYNC_WAVE
from tools.cluster.api import Api, Applied
from tools.cluster.parsed import parsed
from tools.cluster.plane import Plane
from tools.cluster.responses import Refused
from tools.cluster.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
CRD = "CustomResourceDefinition"
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")

_ORDER = (
    *(
        "Namespace",
        "NetworkPolicy",
        "ResourceQuota",
        "LimitRange",
        "PodSecurityPolicy",
        "PodDisruptionBudget",
    ),
    *("ServiceAccount", "Secret", "SecretList", "ConfigMap"),
    *("StorageClass", "PersistentVolume", "PersistentVolumeClaim", CRD),
    *("ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList"),
    *("Role", "RoleList", "RoleBinding", "RoleBindingList"),
    *("Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment"),
    *("HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService"),
)
"""Every other kind comes after these."""


class Wave(NamedTuple):
    """Objects of one Application that Argo CD applies together."""

    application: str
    application_wave: int
    wave: int
    objects: tuple[Body, ...]

    def where(self, wanted: Callable[[Body], bool]) -> "Wave":
        """Give the wave with those of its objects only."""
        return self._replace(objects=tuple(filter(wanted, self.objects)))


class Installed(NamedTuple):
    """What the API server made of each object: its metadata."""

    objects: dict[Identity, Applied]
    webhooks: dict[Identity, tuple[Applied, Applied]]
    """The first and the second application of each webhook configuration, which is gone by now."""


def tree(env: str, root: Path = REPOSITORY) -> list[Wave]:
    """Read the objects of every Application of an environment, in their order.

    Raises UserError when the environment is not rendered below `root`, or for an Application of nothing.
    """
    found = [_read(path) for path in sorted((root / "argocd" / env).glob("application-*.yaml"))]
    if not found:
        raise UserError(f"{root / 'argocd' / env}: no Applications; run make render ENV={env}")
    ordered = sorted((wave_of(body), body["metadata"]["name"], _folder(body, env)) for body in found)
    return [wave for number, name, path in ordered for wave in _waves(name, number, root / path)]


@cache
def rendered_objects(env: str) -> Objects:
    """Read the objects of an environment once, without the schemas of definitions; nobody may change them.

    Raises UserError when it is not rendered.
    """
    return workspace.objects(env)


def rendered(env: str, kind: str, name: str = "") -> list[Body]:
    """Give the objects of a kind, or those of that name; as for `rendered_objects`."""
    return [
        body for key, body in rendered_objects(env).items() if key.kind == kind and name in ("", key.name)
    ]


def _folder(application: Body, env: str) -> str:
    """Say where the objects of an Application are: those of a chart are rendered too."""
    source = application["spec"]["source"]
    return source["path"] if "path" in source else f"rendered/{env}/{source['chart']}"


def install(plane: Plane, waves: Iterable[Wave], there: Collection[Body] = ()) -> Installed:
    """Apply every object strictly, each wave when the definitions of the one before are established.

    `there` are definitions that the API server has already. Of these nothing is applied; but an object that
    comes before its definition is refused all the same.

    Raises Refused at the first object that the API server refuses, with its name, and TimeoutError.
    """
    objects: dict[Identity, Applied] = {}
    last: list[Body] = []
    hidden = {defined_by(body) for body in there}
    for wave in waves:
        now = [body for body in wave.objects if body["kind"] not in WEBHOOKS]
        last += [body for body in wave.objects if body["kind"] in WEBHOOKS]
        for body in now:
            if body in there:
                objects[Identity.of(body)] = plane.api.metadata_of(body)
            else:
                objects[Identity.of(body)] = _apply(plane.api, body, hidden)
        for body in now:
            if body["kind"] == CRD:
                wait_established(plane.api, body)
                hidden.discard(defined_by(body))
    webhooks = {Identity.of(body): _try(plane.api, body) for body in last}
    return Installed(objects, webhooks)


def render_for(env: str, minor: str, root: Path) -> Path:
    """Render an environment for another Kubernetes below `root`, as `tree` reads it; give `root`.

    Raises UserError for a problem in the environment.
    """
    described = config.load(env, state.ENVIRONMENTS).model_copy(update={"kubernetes": minor})
    trees = workspace.fresh({env: described}, recall=False)[env]
    for prefix, folder in state.folders(env).items():
        target = root / folder.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        publish(trees[prefix], target)
    return root


def wait_established(api: Api, definition: Body) -> None:
    """Wait until the API server serves what a CustomResourceDefinition defines; TimeoutError after 60 s.

    It lists a kind when its definition is Established. To read the definition itself may take it long: some
    have a megabyte.
    """
    spec = definition["spec"]
    kinds = [
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        for version in spec["versions"]
        if version["served"]
    ]
    wait_served(api, kinds, f"{CRD} {definition['metadata']['name']}")


def defined_by(definition: Body) -> tuple[str, str]:
    """Give group and kind of what a CustomResourceDefinition defines."""
    return definition["spec"]["group"], definition["spec"]["names"]["kind"]


def wait_served(api: Api, kinds: Iterable[tuple[str, str]], what: str) -> None:
    """Wait until the API server serves all kinds, each with its apiVersion; TimeoutError after 60 s."""
    wanted = [*kinds]
    eventually(lambda: all(api.serves(*kind) for kind in wanted), 60, f"{what} is not served")


def wave_of(body: Body) -> int:
    """Read the sync wave of an object."""
    return int(body["metadata"].get("annotations", {}).get(SYNC_WAVE, "0"))


def _apply(api: Api, body: Body, hidden: Collection[tuple[str, str]] = ()) -> Applied:
    key = Identity.of(body)
    try:
        if (key.group, key.kind) in hidden:
            raise Refused(404, f"the definition of {key.kind} comes later", "NotFound")
        return api.apply(body, brief=True)
    except Exception as error:
        error.add_note(f"while applying {key}")
        raise


def _try(api: Api, body: Body) -> tuple[Applied, Applied]:
    applied = _apply(api, body), _apply(api, body)
    api.delete(body["apiVersion"], body["kind"], body["metadata"]["name"])
    return applied


def _waves(application: str, number: int, folder: Path) -> list[Wave]:
    bodies = [_read(path) for path in sorted(folder.glob("*.yaml")) if path.name not in NOT_OBJECTS]
    if not bodies:
        raise UserError(f"{folder}: no objects, but Application {application} is of them; run make render")
    bodies.sort(key=lambda body: (_rank(body["kind"]), body["metadata"]["name"]))
    return [
        Wave(application, number, wave, tuple(body for body in bodies if wave_of(body) == wave))
        for wave in sorted({wave_of(body) for body in bodies})
    ]


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _read(path: Path) -> Body:
    return parsed(path.read_text(encoding="utf-8"))
