"""argocd/<env>/: one Application for each component, in a project that admits what they hold and no more."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.argocd import applications
from charts_src.config import load
from charts_src.model import Environment
from charts_src.model.charts import Charts
from charts_src.objects import Body
from charts_src.policy.secrets import none_in_git
from charts_src.publish import Files
from charts_src.references import Summary, summarise
from charts_src.registry import COMPONENTS as COMPONENT_CLASSES
from charts_src.state import ENVIRONMENTS, environment_names
from tests.objects import definition, deployment, role, thing
from tests.ray_environment import environment

BODIES = {
    "serving": [thing("ray.io/RayService", "sd", "serving"), deployment("web", "serving")],
    "operator": [
        deployment("operator", "ray", serviceAccountName="operator"),
        role("operator", "ray.io", "rayservices/status", "patch"),
    ],
    "crds": [definition("ray.io", "RayService"), definition("ray.io", "RayJob")],
    "namespaces": [thing("Namespace", "serving"), thing("Namespace", "ray"), thing("Namespace", "idle")],
}
COMPONENTS = {name: tuple(map(summarise, bodies)) for name, bodies in BODIES.items()}
READ = {"serving": ["registry", "external_secrets", "csi_drivers"], "operator": ["kubernetes"]}
REPOSITORY = "https://git.example.com/genai-on-eks.git"
CHARTS = {"registry": "registry.example.com/charts", "version": "1.4.0"}


def with_charts(**charts: str) -> Environment:
    return environment(argocd={"repository": REPOSITORY, "charts": CHARTS | charts})


def files(env: Environment, components: Mapping[str, tuple[Summary, ...]] = COMPONENTS) -> Files:
    return applications(env, components, {name: READ.get(name, []) for name in components})


def parsed(env: Environment, components: Mapping[str, tuple[Summary, ...]] = COMPONENTS) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in files(env, components).items()}


def test_an_application_in_full() -> None:
    assert (
        files(environment())["application-serving.yaml"]
        == """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd.argoproj.io/sync-wave: "2"
    genai-on-eks/awaited: "false"
  finalizers:
  - resources-finalizer.argocd.argoproj.io/foreground
  name: serving
  namespace: argocd
spec:
  destination:
    name: in-cluster
    namespace: serving
  project: genai-on-eks-dev
  source:
    path: rendered/dev/serving
    repoURL: https://git.example.com/genai-on-eks.git
    targetRevision: main
  syncPolicy:
    automated:
      allowEmpty: false
      prune: true
      selfHeal: true
    retry:
      backoff:
        duration: 10s
        factor: 2
        maxDuration: 3m
      limit: 10
      refresh: true
    syncOptions:
    - ServerSideApply=true
    - FailOnSharedResource=true
    - PruneLast=true
    - SkipDryRunOnMissingResource=true
"""
    )


def test_the_project_in_full() -> None:
    assert (
        files(environment())["appproject-genai-on-eks-dev.yaml"]
        == """\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  annotations:
    argocd.argoproj.io/sync-wave: "-1"
  finalizers:
  - resources-finalizer.argocd.argoproj.io
  name: genai-on-eks-dev
  namespace: argocd
spec:
  clusterResourceWhitelist:
  - group: ""
    kind: Namespace
  - group: apiextensions.k8s.io
    kind: CustomResourceDefinition
  - group: rbac.authorization.k8s.io
    kind: ClusterRole
  description: Components of environment dev
  destinations:
  - name: in-cluster
    namespace: idle
  - name: in-cluster
    namespace: ray
  - name: in-cluster
    namespace: serving
  namespaceResourceWhitelist:
  - group: apps
    kind: Deployment
  - group: ray.io
    kind: RayJob
  - group: ray.io
    kind: RayService
  sourceRepos:
  - https://git.example.com/genai-on-eks.git
"""
    )


def test_a_chart_as_source_in_full() -> None:
    text = files(with_charts())["application-serving.yaml"]
    assert (
        text[text.index("  source:") : text.index("  syncPolicy:")]
        == """\
  source:
    chart: serving
    helm:
      releaseName: serving
      valuesObject:
        global:
          csi_drivers:
            ebs:
              version: 1.63.0
              volume_key: null
            fsx:
              version: 1.9.0
            replicas: 2
            s3:
              headroom: false
              version: 2.7.0
          external_secrets:
            replicas: 2
            version: 1.3.2
          registry: registry.example.com/genai
    repoURL: registry.example.com/charts
    targetRevision: 1.4.0
"""
    )


def test_a_component_that_reads_nothing_has_a_chart_with_no_sections() -> None:
    source = parsed(with_charts())["application-namespaces.yaml"]["spec"]["source"]
    assert source["helm"] == {"releaseName": "namespaces", "valuesObject": {"global": {}}}


def test_the_project_takes_charts_from_their_registry_and_nothing_else() -> None:
    project = parsed(with_charts())["appproject-genai-on-eks-dev.yaml"]
    assert project["spec"]["sourceRepos"] == ["registry.example.com/charts"]


def test_charts_change_sources_and_nothing_else() -> None:
    with_folders, from_charts = parsed(environment()), parsed(with_charts())
    assert with_folders.keys() == from_charts.keys()
    for body in (*with_folders.values(), *from_charts.values()):
        if body["kind"] == "Application":
            del body["spec"]["source"]
        else:
            del body["spec"]["sourceRepos"]
    assert with_folders == from_charts


def test_another_version_changes_the_revision_of_every_application_and_nothing_else() -> None:
    old, new = files(with_charts()), files(with_charts(version="1.5.0-rc.1"))
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {name for name in old if name.startswith("application-")}
    assert {old[name].replace("1.4.0", "1.5.0-rc.1") for name in changed} == {new[name] for name in changed}


def test_the_repository_of_the_manifests_is_no_part_of_a_chart_source() -> None:
    assert [name for name, text in files(with_charts()).items() if REPOSITORY in text] == []


@pytest.mark.parametrize("name", environment_names())
def test_no_environment_has_a_secret_that_would_be_a_value_of_a_chart(name: str) -> None:
    env = load(name, ENVIRONMENTS)
    charts = Charts.model_validate(CHARTS)
    env = env.model_copy(update={"argocd": env.argocd.model_copy(update={"charts": charts})})
    everything = applications(env, COMPONENTS, {each: list(Environment.model_fields) for each in COMPONENTS})
    bodies = [yaml.safe_load(text) for text in everything.values()]
    values = [
        body["spec"]["source"]["helm"]["valuesObject"]["global"]
        for body in bodies
        if "source" in body["spec"]
    ]
    assert [set(each) for each in values] == [set(Environment.model_fields)] * len(COMPONENTS)
    assert [violation for body in bodies for violation in none_in_git(body)] == []


def test_a_secret_among_the_values_of_a_chart_is_found() -> None:
    leaky = with_charts().model_copy(update={"registry": "AKIA" + "X" * 16})
    body = parsed(leaky)["application-serving.yaml"]
    (violation,) = none_in_git(body)
    assert violation.path == "spec.source.helm.valuesObject.global.registry"


def test_each_component_has_a_file_and_nothing_else_is_there() -> None:
    assert sorted(files(environment())) == [
        "application-crds.yaml",
        "application-namespaces.yaml",
        "application-operator.yaml",
        "application-serving.yaml",
        "appproject-genai-on-eks-dev.yaml",
    ]


def test_the_order_of_components_changes_no_byte() -> None:
    backwards = dict(reversed(COMPONENTS.items()))
    assert files(environment(), backwards) == files(environment())


def test_only_what_nothing_needs_is_not_awaited() -> None:
    annotations = {
        body["metadata"]["name"]: body["metadata"]["annotations"]
        for body in parsed(environment(), COMPONENTS).values()
        if body["kind"] == "Application"
    }
    assert annotations == {
        "crds": {"argocd.argoproj.io/sync-wave": "0"},
        "namespaces": {"argocd.argoproj.io/sync-wave": "0"},
        "operator": {"argocd.argoproj.io/sync-wave": "1"},
        "serving": {"argocd.argoproj.io/sync-wave": "2", "genai-on-eks/awaited": "false"},
    }


def test_the_dry_run_skips_only_kinds_of_another_application() -> None:
    own = {"all": (*COMPONENTS["crds"], *COMPONENTS["serving"])}
    option = "SkipDryRunOnMissingResource=true"

    def options(components: dict[str, tuple[Summary, ...]], name: str) -> list[str]:
        body = parsed(environment(), components)[f"application-{name}.yaml"]
        found: list[str] = body["spec"]["syncPolicy"]["syncOptions"]
        return found

    assert option in options(COMPONENTS, "serving")
    assert option not in options(COMPONENTS, "operator")
    assert option not in options(own, "all")


def test_every_destination_is_one_that_the_project_admits() -> None:
    for env, components in product(
        (environment(), with_charts()), (COMPONENTS, {"crds": COMPONENTS["crds"]})
    ):
        found = parsed(env, components)
        project = found.pop("appproject-genai-on-eks-dev.yaml")
        assert found
        for body in found.values():
            assert body["spec"]["destination"] in project["spec"]["destinations"]
            assert body["spec"]["source"]["repoURL"] in project["spec"]["sourceRepos"]


def admits(project: Body, summary: Summary) -> bool:
    """Judge as argo-cd v3.6.1 does, pkg/apis/application/v1alpha1/app_project_types.go, without its globs."""
    group, kind, namespace, _ = summary.identity
    spec = project["spec"]
    if not namespace:
        return {"group": group, "kind": kind} in spec["clusterResourceWhitelist"]
    destination = {"name": "in-cluster", "namespace": namespace}
    return {"group": group, "kind": kind} in spec["namespaceResourceWhitelist"] and destination in spec[
        "destinations"
    ]


def test_the_project_admits_every_object_and_has_no_wildcard() -> None:
    project = parsed(environment(), COMPONENTS)["appproject-genai-on-eks-dev.yaml"]
    summaries = [summary for items in COMPONENTS.values() for summary in items]
    assert len(summaries) == 9
    assert [item.identity for item in summaries if not admits(project, item)] == []
    assert not admits(project, summarise(thing("ConfigMap", "c", "serving")))
    assert not admits(project, summarise(deployment("web", "kube-system")))
    assert "*" not in str(project)
    assert "?" not in str(project)


def test_the_project_admits_everything_that_the_platform_renders() -> None:
    env = environment()
    enabled = [component for component in COMPONENT_CLASSES if component.enabled(env)]
    components = {item.name: tuple(map(summarise, item(App(), env).objects())) for item in enabled}
    project = parsed(env, components)["appproject-genai-on-eks-dev.yaml"]
    summaries = [summary for items in components.values() for summary in items]
    assert len(summaries) > 30
    assert [item.identity for item in summaries if not admits(project, item)] == []


def test_a_custom_resource_that_left_git_is_still_admitted_so_that_it_is_pruned() -> None:
    without = {name: items for name, items in COMPONENTS.items() if name != "serving"}
    project = parsed(environment(), without)["appproject-genai-on-eks-dev.yaml"]
    assert admits(project, summarise(thing("ray.io/RayService", "sd", "serving")))


def test_fields_that_a_controller_sets_are_no_difference() -> None:
    ignored = {"serving": {("ray.io", "RayCluster"): (".spec.workerGroupSpecs[].replicas",)}}
    found = applications(environment(), COMPONENTS, dict.fromkeys(COMPONENTS, ()), ignored)
    assert yaml.safe_load(found["application-serving.yaml"])["spec"]["ignoreDifferences"] == [
        {
            "group": "ray.io",
            "kind": "RayCluster",
            "jqPathExpressions": [".spec.workerGroupSpecs[].replicas"],
        }
    ]
    assert "ignoreDifferences" not in yaml.safe_load(found["application-operator.yaml"])["spec"]
