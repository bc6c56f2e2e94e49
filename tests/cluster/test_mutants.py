"""What is wrong in a manifest is caught, by name: the suite's checks on trees with one mistake each."""

import copy
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import pytest

from charts_src.objects import Body
from charts_src.proofs.fitting import requests
from tools.cluster.pending import plain, workloads
from tools.cluster.plan_nodes import open_namespace
from tools.cluster.plane import Plane
from tools.cluster.responses import Refused
from tools.cluster.tree import Wave, install, tree
from tools.cluster.waiting import eventually

ENV = "dev"
NAMESPACE = "mutants"

# Places: a pod of each kind of accelerator, with one mistake each.

Spec = Body
GPU, NEURON = "nvidia.com/gpu", "aws.amazon.com/neuron"
POD_OF = {
    "serving": "rayservice-stable-diffusion-stable-diffusion-gpu",
    "training": "rayjob-training-train-smoke",
    "notebook": "notebook-inferentia",
}
ACCELERATOR_OF = {"serving": GPU, "training": NEURON, "notebook": NEURON}


def without_toleration(spec: Spec, resource: str) -> str:
    left = [each for each in spec["tolerations"] if each.get("key") != resource]
    assert left != spec["tolerations"]
    spec["tolerations"] = left
    return "had untolerated taint(s)"


def misspelt(spec: Spec, resource: str) -> str:
    for amounts in amounts_of(spec, resource):
        amounts[f"{resource}s"] = amounts.pop(resource)
    return f"Insufficient {resource}s"


def too_many(spec: Spec, resource: str) -> str:
    for amounts in amounts_of(spec, resource):
        amounts[resource] = 65
    return f"Insufficient {resource}"


def wrong_selector(spec: Spec, resource: str) -> str:
    assert resource
    spec["nodeSelector"] = {**spec["nodeSelector"], "genai-on-eks/accelerator": "nvdia"}
    return "didn't match Pod's node affinity/selector"


def amounts_of(spec: Spec, resource: str) -> list[Body]:
    found = [
        amounts
        for container in spec["containers"]
        for amounts in container.get("resources", {}).values()
        if resource in amounts
    ]
    assert found
    return found


CHANGES: list[Callable[[Spec, str], str]] = [without_toleration, misspelt, too_many, wrong_selector]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("env", [ENV], indirect=True)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("kind", POD_OF)
def test_a_pod_that_no_node_takes_says_why(
    own: Plane, env: str, kind: str, change: Callable[[Spec, str], str]
) -> None:
    open_namespace(own.api, NAMESPACE)
    (workload,) = (each for each in workloads(env) if each.name == POD_OF[kind])
    pod = max(workload.pods, key=lambda each: requests(each.spec).get(ACCELERATOR_OF[kind], 0))
    name = f"{kind}-{change.__name__}".replace("_", "-")
    body = copy.deepcopy(plain(pod, name, name, NAMESPACE))
    says = change(body["spec"], ACCELERATOR_OF[kind])
    own.api.create(body)

    def message() -> str:
        found = own.api.get("v1", "Pod", name, NAMESPACE) or {"status": {}}
        return " ".join(each.get("message", "") for each in found["status"].get("conditions", ()))

    eventually(lambda: says in message(), 30, lambda: f"not {says!r}: {message()!r}")
    own.api.delete("v1", "Pod", name, NAMESPACE)


# Order and definitions: trees whose application to the empty plane stops at an object. Each leaves there only
# what it could apply before its mistake.


def some(*applications: str) -> list[Wave]:
    """Read these Applications, in the order given."""
    waves = [[wave for wave in tree(ENV) if wave.application == name] for name in applications]
    assert all(waves)
    return [wave for group in waves for wave in group]


def stops(plane: Plane, waves: list[Wave], there: Collection[Body] = ()) -> str:
    """Say where the application of a tree stops, and why."""
    with pytest.raises(Refused) as stopped:
        install(plane, waves, there)
    return " ".join([str(stopped.value), *getattr(stopped.value, "__notes__", ())])


SWAPPED_NAMESPACES = [
    ("kuberay-operator", "kuberay-system"),
    ("karpenter", "karpenter"),
    ("mpi-operator", "mpi-operator"),
    ("stable-diffusion", "stable-diffusion"),
]


@pytest.mark.parametrize(("application", "namespace"), SWAPPED_NAMESPACES)
def test_an_application_before_its_namespace_is_seen(plane: Plane, application: str, namespace: str) -> None:
    assert f'namespaces "{namespace}" not found' in stops(plane, some(application, "namespaces"))


DEFINED = [
    ("karpenter-crds", "node-pools", "nodepools.karpenter.sh", "NodePool"),
    ("kueue-crds", "queues", "clusterqueues.kueue.x-k8s.io", "ClusterQueue"),
    ("kuberay-crds", "stable-diffusion", "rayservices.ray.io", "RayService"),
    ("argo-workflows-crds", "training-workflows", "workflowtemplates.argoproj.io", "WorkflowTemplate"),
    (
        "spark-operator-crds",
        "spark-text-pipeline",
        "scheduledsparkapplications.sparkoperator.k8s.io",
        "ScheduledSparkApplication",
    ),
    ("prometheus-operator-crds", "alert-rules", "prometheusrules.monitoring.coreos.com", "PrometheusRule"),
]
"""Application with the definition, another with an object of it, the definition's name, and its kind."""


@pytest.mark.parametrize(("definitions", "application", "name", "kind"), DEFINED)
def test_an_object_before_its_definition_is_seen(
    plane: Plane, definitions: str, application: str, name: str, kind: str
) -> None:
    waves = [*some("namespaces"), *of_kind(application, kind), *some(definitions)]
    said = stops(plane, waves)
    assert "404" in said
    assert f"while applying {kind} " in said
    assert plane.api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name) is None


@pytest.mark.parametrize(("definitions", "application", "name", "kind"), DEFINED)
def test_a_definition_that_is_missing_is_seen(
    plane: Plane, definitions: str, application: str, name: str, kind: str
) -> None:
    waves = [*some("namespaces"), *some(definitions), *of_kind(application, kind)]
    left = [wave.where(lambda body: body["metadata"]["name"] != name) for wave in waves]
    assert left != waves
    said = stops(plane, left)
    assert "404" in said
    assert f"while applying {kind} " in said


def test_an_object_before_its_definition_is_seen_where_that_is_there_already(plane: Plane) -> None:
    """The planes of environments begin with all definitions, but their order is looked at all the same."""
    definitions, application, _, kind = DEFINED[0]
    late = some(definitions)
    there = [body for wave in late for body in wave.objects]
    said = stops(plane, [*some("namespaces"), *of_kind(application, kind), *late], there)
    assert f"the definition of {kind} comes later" in said
    assert f"while applying {kind} " in said


def of_kind(application: str, kind: str) -> list[Wave]:
    """Read the objects of a kind of an Application."""
    return [wave.where(lambda body: body["kind"] == kind) for wave in some(application)]


# Objects: one wrong field each, refused by the API server.


class Wrong(NamedTuple):
    """A field of an object, what is written there, and what the API server says."""

    application: str
    kind: str
    path: tuple[str, ...]
    value: Any
    says: str


WRONG = [
    Wrong("kuberay-operator", "Deployment", ("spec", "replcas"), 1, "field not declared in schema"),
    Wrong("kuberay-operator", "Deployment", ("spec", "replicas"), "one", "expected numeric"),
    Wrong("node-pools", "NodePool", ("spec", "disruption", "consolidateAfter"), "soon", "consolidateAfter"),
    Wrong("node-pools", "NodePool", ("spec", "template", "spec", "expireAfter"), "later", "expireAfter"),
    Wrong("node-pools", "EC2NodeClass", ("spec", "role"), "", "role"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: f"{each.kind}-{each.path[-1]}-{each.value}")
def test_a_wrong_field_is_refused(plane: Plane, wrong: Wrong) -> None:
    definitions = ["karpenter-crds"] if wrong.application == "node-pools" else []
    waves = [*some("namespaces", *definitions), *of_kind(wrong.application, wrong.kind)]
    changed = copy.deepcopy(waves)
    target: Any = next(
        body
        for wave in changed
        for body in wave.objects
        if body["kind"] == wrong.kind and wave.application == wrong.application
    )
    for step in wrong.path[:-1]:
        target = target[step]
    target[wrong.path[-1]] = wrong.value
    assert wrong.says in stops(plane, changed)


def test_there_are_enough_mutants() -> None:
    others = len(SWAPPED_NAMESPACES) + 2 * len(DEFINED) + len(WRONG)
    assert len(CHANGES) * len(POD_OF) + others >= 25
