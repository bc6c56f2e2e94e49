"""The order in which Argo CD applies things follows from what they need."""

from copy import deepcopy

import pytest

from charts_src.dependencies import depths
from charts_src.errors import UserError
from charts_src.objects import Body
from charts_src.references import summarise
from charts_src.waves import annotate, application_needs, waves
from tests.objects import binding, definition, deployment, role, thing

HOOK = thing(
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "hook",
    webhooks=[{"clientConfig": {"service": {"name": "hook", "namespace": "ray"}}}],
)


def controller(group: str, plural: str) -> list[Body]:
    return [
        deployment("operator", "ray", serviceAccountName="operator"),
        binding("operator", "ray", "operator"),
        role("operator", group, f"{plural}/status", "update"),
        thing("ServiceAccount", "operator", "ray"),
    ]


def by_name(bodies: list[Body]) -> dict[str, int]:
    return {str(identity): wave for identity, wave in waves(bodies).items()}


def test_a_workload_follows_its_account_and_the_permissions_of_that_account() -> None:
    assert by_name([*controller("ray.io", "rayclusters"), thing("Namespace", "ray")]) == {
        "Namespace ray": 0,
        "ClusterRole operator": 0,
        "ServiceAccount ray/operator": 1,
        "ClusterRoleBinding operator": 2,
        "Deployment ray/operator": 3,
    }


def test_a_custom_resource_follows_its_definition_and_its_controller() -> None:
    cluster = thing("ray.io/RayCluster", "c", "ray")
    assert by_name([cluster, *controller("ray.io", "rayclusters"), definition("ray.io", "RayCluster")]) == {
        "CustomResourceDefinition rayclusters.ray.io": 0,
        "ServiceAccount ray/operator": 0,
        "ClusterRole operator": 1,
        "ClusterRoleBinding operator": 2,
        "Deployment ray/operator": 3,
        "RayCluster ray/c": 4,
    }


def test_a_webhook_comes_after_everything_else_even_if_nothing_in_the_component_answers_it() -> None:
    alone = thing("admissionregistration.k8s.io/MutatingWebhookConfiguration", "alone", webhooks=[])
    found = by_name([HOOK, alone, *controller("ray.io", "rayclusters")])
    assert found["Deployment ray/operator"] == 2
    assert found["ValidatingWebhookConfiguration hook"] == 3
    assert found["MutatingWebhookConfiguration alone"] == 3
    assert by_name([alone]) == {"MutatingWebhookConfiguration alone": 0}


def test_pods_follow_the_nodes_that_they_select() -> None:
    def pool(name: str, accelerator: str) -> Body:
        labels = {"accelerator": accelerator, "purpose": "inference"}
        return thing("karpenter.sh/NodePool", name, spec={"template": {"metadata": {"labels": labels}}})

    gpu = deployment("gpu", "serving", nodeSelector={"accelerator": "nvidia", "kubernetes.io/arch": "amd64"})
    other = deployment("other", "serving", nodeSelector={"kubernetes.io/arch": "amd64"})
    assert by_name([gpu, other, pool("gpu", "nvidia"), pool("cpu", "none")]) == {
        "NodePool gpu": 0,
        "NodePool cpu": 0,
        "Deployment serving/gpu": 1,
        "Deployment serving/other": 0,
    }


def test_an_ingress_follows_the_custom_resource_whose_service_it_names() -> None:
    backend = {"service": {"name": "sd-serve-svc", "port": {"number": 8000}}}
    ingress = thing("networking.k8s.io/Ingress", "sd", "serving", spec={"defaultBackend": backend})
    assert by_name([ingress, thing("ray.io/RayService", "sd", "serving")]) == {
        "RayService serving/sd": 0,
        "Ingress serving/sd": 1,
    }


def test_objects_that_need_each_other_are_refused_by_name() -> None:
    pool = thing(
        "karpenter.sh/NodePool",
        "system",
        spec={"template": {"metadata": {"labels": {"purpose": "system"}}, "spec": {}}},
    )
    karpenter = controller("karpenter.sh", "nodepools")
    karpenter[0]["spec"]["template"]["spec"]["nodeSelector"] = {"purpose": "system"}
    with pytest.raises(UserError) as raised:
        waves([pool, *karpenter, definition("karpenter.sh", "NodePool")])
    message = str(raised.value)
    assert "NodePool system -> Deployment ray/operator" in message
    assert message.endswith("each needs the next to be there first; break the cycle")


def test_only_waves_other_than_zero_are_written() -> None:
    bodies = [deployment("web", "shop", serviceAccountName="web"), thing("ServiceAccount", "web", "shop")]
    web, account = annotate(bodies)
    assert web["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "1"}
    assert account["metadata"] == {"name": "web", "namespace": "shop"}


def test_what_holds_data_is_never_deleted_by_argo_cd() -> None:
    volume = thing("PersistentVolumeClaim", "models", "serving", spec={})
    volume["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Replace=true,Prune=false"}
    kept = annotate([thing("Namespace", "shop"), definition("ray.io", "RayJob"), volume])
    assert [body["metadata"]["annotations"] for body in kept] == [
        {"argocd.argoproj.io/sync-options": options, "argocd.argoproj.io/compare-options": "IgnoreExtraneous"}
        for options in (
            "Prune=false,Delete=false",
            "Prune=false,Delete=false",
            "Replace=true,Prune=false,Delete=false",
        )
    ]


def test_the_given_objects_stay_as_they_were() -> None:
    bodies = [deployment("web", "shop"), thing("Namespace", "shop")]
    before = deepcopy(bodies)
    assert annotate(bodies) != before
    assert bodies == before


COMPONENTS = {
    "serving": [thing("ray.io/RayService", "sd", "serving")],
    "operator": [*controller("ray.io", "rayservices"), HOOK],
    "crds": [definition("ray.io", "RayService")],
    "namespaces": [thing("Namespace", "serving"), thing("Namespace", "ray")],
}


def test_applications_follow_definitions_namespaces_and_controllers() -> None:
    components = {name: list(map(summarise, bodies)) for name, bodies in COMPONENTS.items()}
    assert application_needs(components) == {
        "serving": ["crds", "namespaces", "operator"],
        "operator": ["crds", "namespaces"],
        "crds": [],
        "namespaces": [],
    }
    assert depths(application_needs(components)) == {"crds": 0, "namespaces": 0, "operator": 1, "serving": 2}


def test_components_that_need_each_other_are_refused_by_name() -> None:
    components = {name: list(map(summarise, bodies)) for name, bodies in COMPONENTS.items()}
    components["crds"].append(summarise(thing("ray.io/RayService", "example", "serving")))
    with pytest.raises(UserError, match=r"crds -> operator -> crds|operator -> crds -> operator"):
        depths(application_needs(components))
