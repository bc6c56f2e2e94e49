"""What Argo CD is told of an environment: a project, and one Application for each component.

Choices, each read in argo-cd v3.6.1:
- Server-side apply, and with it server-side diff. Without that the diff can't see a field that was removed
  from Git (gitops-engine pkg/diff/diff.go falls back to a two-way diff: server-side apply leaves no
  last-applied annotation). Its price: a revision that the API server refuses shows as Unknown, then, from the
  diff cache, as Synced (controller/state.go, useDiffCache). So a revision has to pass `validate` before it is
  merged.
- `retry.refresh`: a retry takes the newest revision, or a fix would wait behind the broken one.
- The project's kinds and namespaces are those rendered, and the kinds that rendered CRDs define: what a
  project doesn't admit, Argo CD doesn't prune either, it forgets it (controller/state.go). So the last
  RayService may leave Git and still be deleted.
- An Application that leaves Git takes its objects along (its finalizer), dependents first, but for CRDs,
  Namespaces and PersistentVolumeClaims (waves.py). The nodes behind it drain when their pods are gone. The
  root Application has no finalizer: deleting it stops changes and removes nothing.
- A component comes from its folder in Git or, with `argocd.charts`, from its chart. The address of an OCI
  registry has no scheme: Argo CD takes oci:// for another kind of source, one with a path (IsOCI and
  IsHelmOciRepo). Definitions in a chart's crds/ are synced like all else, `skipCrds` being false. Which
  Application owns an object stands in an annotation that says nothing of the source (gitops-engine and
  util/argo/resource_tracking.go), so another source alone changes no object.
"""

from collections.abc import Mapping, Sequence

from charts_src.dependencies import depths
from charts_src.emit import emit
from charts_src.lib.scope import is_namespaced
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.publish import Files
from charts_src.references import Summary
from charts_src.waves import SYNC_WAVE, application_needs

AWAITED = "genai-on-eks/awaited"
"""Annotation, "false" on an Application that no other needs; read by lib/health/argoproj.io_Application.lua.

Argo CD starts no sync while another runs. If the root Application waited for a service that finds no GPU, it
could not take that service away again.
"""

_FINALIZER = "resources-finalizer.argocd.argoproj.io"
_API = "argoproj.io/v1alpha1"

Components = Mapping[str, Sequence[Summary]]

Sections = Mapping[str, Sequence[str]]
"""Component -> sections of the environment that it reads, which are the values of its chart."""

Ignored = Mapping[str, Mapping[tuple[str, str], Sequence[str]]]
"""Component -> (group, kind) -> jq paths of fields in which a difference is none."""


def applications(
    env: Environment, components: Components, sections: Sections, ignored: Ignored | None = None
) -> Files:
    """Give the files of argocd/<env>/ for the components of an environment.

    Raises UserError for components that need each other, naming them.
    """
    needed = application_needs(components)
    waves = depths(needed)
    awaited = {name for names in needed.values() for name in names}
    bodies = [_project(env, components)]
    for name in components:
        annotations = {SYNC_WAVE: str(waves[name])} | ({} if name in awaited else {AWAITED: "false"})
        source = _source(env, name, sections[name])
        body = _component(env, name, source, annotations, components)
        if differences := (ignored or {}).get(name):
            body["spec"]["ignoreDifferences"] = [
                {"group": group, "kind": kind, "jqPathExpressions": list(paths)}
                for (group, kind), paths in differences.items()
            ]
        bodies.append(body)
    return {file_name(body): emit(body) for body in bodies}


def file_name(body: Body) -> str:
    """Name the file of an object."""
    return f"{body['kind']}-{body['metadata']['name']}.yaml".lower()


def project_name(env: Environment) -> str:
    """Name the project of an environment's components."""
    return f"genai-on-eks-{env.name}"


def folder(env: Environment, path: str) -> Body:
    """Give the source of an Application that is the folder `path` of this repository."""
    return {"repoURL": env.argocd.repository, "targetRevision": env.argocd.revision, "path": path}


def application(env: Environment, metadata: Body, project: str, source: Body, namespace: str) -> Body:
    """Give an Application that keeps the cluster as its source has it.

    `namespace` is the destination's: it has to be one that `project` admits, and is otherwise unused, because
    every object names its own.
    """
    return {
        "apiVersion": _API,
        "kind": "Application",
        "metadata": {"namespace": env.argocd.namespace, **metadata},
        "spec": {
            "project": project,
            "source": source,
            "destination": {"name": env.argocd.destination, "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
                "syncOptions": ["ServerSideApply=true", "FailOnSharedResource=true"],
                "retry": {
                    "limit": 10,
                    "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"},
                    "refresh": True,
                },
            },
        },
    }


def app_project(env: Environment, metadata: Body, origin: str, spec: Body) -> Body:
    """Give an AppProject that takes manifests from the address `origin`, and from nowhere else."""
    return {
        "apiVersion": _API,
        "kind": "AppProject",
        "metadata": {"namespace": env.argocd.namespace, **metadata},
        "spec": {"sourceRepos": [origin], **spec},
    }


def _project(env: Environment, components: Components) -> Body:
    kinds = _kinds(components)
    return app_project(
        env,
        # Ahead of its Applications; its finalizer holds it until none of them is left.
        {"name": project_name(env), "annotations": {SYNC_WAVE: "-1"}, "finalizers": [_FINALIZER]},
        env.argocd.charts.registry if env.argocd.charts else env.argocd.repository,
        {
            "description": f"Components of environment {env.name}",
            "destinations": [
                {"name": env.argocd.destination, "namespace": namespace}
                for namespace in _destinations(components)
            ],
            "clusterResourceWhitelist": [kind for kind in kinds if not is_namespaced(kind["kind"])],
            "namespaceResourceWhitelist": [kind for kind in kinds if is_namespaced(kind["kind"])],
        },
    )


def _kinds(components: Components) -> list[dict[str, str]]:
    """Give every kind that is rendered or defined, sorted by group and kind."""
    items = [item for summaries in components.values() for item in summaries]
    rendered = {(item.identity.group, item.identity.kind) for item in items}
    defined = {(resource.group, resource.kind) for item in items for resource in item.provides}
    return [{"group": group, "kind": kind} for group, kind in sorted(rendered | defined)]


def _destinations(components: Components) -> list[str]:
    """Give every namespace that the components may use, at least one: an Application has to name one."""
    return _namespaces([item for items in components.values() for item in items]) or ["default"]


def _namespaces(summaries: Sequence[Summary]) -> list[str]:
    """Give every namespace that is rendered or that something is rendered into, sorted."""
    used = {item.identity.namespace for item in summaries if item.identity.namespace}
    made = {item.identity.name for item in summaries if item.identity.kind == "Namespace"}
    return sorted(used | made)


def _source(env: Environment, name: str, sections: Sequence[str]) -> Body:
    """Give the source of a component: its chart with what it reads of the environment, or its folder."""
    charts = env.argocd.charts
    if charts is None:
        return folder(env, f"rendered/{env.name}/{name}")
    values = {"global": env.model_dump(mode="json", include=set(sections))}
    return {
        "repoURL": charts.registry,
        "chart": name,
        "targetRevision": charts.version,
        "helm": {"releaseName": name, "valuesObject": values},
    }


def _component(env: Environment, name: str, source: Body, annotations: Body, components: Components) -> Body:
    metadata = {"name": name, "annotations": annotations, "finalizers": [f"{_FINALIZER}/foreground"]}
    namespaces = _namespaces(components[name]) or _destinations(components)
    body = application(env, metadata, project_name(env), source, namespaces[0])
    # What a new revision no longer uses goes when the rest of it is healthy.
    body["spec"]["syncPolicy"]["syncOptions"] += ["PruneLast=true", *_missing_kinds(name, components)]
    return body


def _missing_kinds(name: str, components: Components) -> list[str]:
    """Have the dry run skip custom resources whose definition another Application brings."""
    elsewhere = {
        (resource.group, resource.kind)
        for other, items in components.items()
        for item in items
        for resource in item.provides
        if other != name
    }
    mine = {(item.identity.group, item.identity.kind) for item in components[name]}
    return ["SkipDryRunOnMissingResource=true"] if mine & elsewhere else []
