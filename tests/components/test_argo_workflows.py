from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.components.argo_workflows import ArgoWorkflows
from charts_src.objects import Body
from tests.ray_environment import environment
from tests.training_environment import training

READ = ["get", "list", "watch"]
OIDC = {
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/me",
    "secret_name": "oidc",
}


def bodies(**argo_workflows: Any) -> list[Body]:
    return ArgoWorkflows(App(), training(argo_workflows=argo_workflows)).objects()


def find(objects: list[Body], kind: str, name: str, namespace: str = "argo-workflows") -> Any:
    (found,) = (
        body
        for body in objects
        if (body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]) == (kind, name, namespace)
    )
    return found


@pytest.fixture(scope="module")
def objects() -> list[Body]:
    return bodies()


def main(objects: list[Body], name: str) -> Any:
    (container,) = find(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    return container


def configuration(objects: list[Body]) -> Any:
    return yaml.safe_load(find(objects, "ConfigMap", "workflow-controller-configmap")["data"]["config"])


def rules(role: Any) -> list[tuple[list[str], list[str], list[str]]]:
    return [(rule["apiGroups"], rule["resources"], sorted(rule["verbs"])) for rule in role["rules"]]


def test_nothing_has_rights_outside_its_own_namespace_and_the_one_of_workflows(objects: list[Body]) -> None:
    assert not any(body["kind"].startswith("Cluster") for body in objects)
    namespaces = {body["metadata"]["namespace"] for body in objects if body["kind"] == "RoleBinding"}
    assert namespaces == {"argo-workflows", "training"}


def test_the_controller_may_do_in_the_managed_namespace_what_upstream_lets_it_but_read_secrets(
    objects: list[Body],
) -> None:
    every = ["create", "delete", "get", "list", "patch", "update", "watch"]
    assert rules(find(objects, "Role", "workflow-controller", "training")) == [
        ([""], ["configmaps"], READ),
        ([""], ["events"], ["create", "patch"]),
        ([""], ["pods"], every),
        ([""], ["pods/exec"], ["create"]),
        ([""], ["serviceaccounts"], ["get", "list"]),
        (
            ["argoproj.io"],
            ["cronworkflows", "cronworkflows/finalizers"],
            ["delete", "get", "list", "patch", "update", "watch"],
        ),
        (
            ["argoproj.io"],
            [
                *("workflowartifactgctasks", "workflows", "workflows/finalizers"),
                *("workflowtasksets", "workflowtasksets/finalizers"),
            ],
            every,
        ),
        (["argoproj.io"], ["workflowtaskresults"], ["deletecollection", "list", "watch"]),
        (["argoproj.io"], ["workflowtemplates", "workflowtemplates/finalizers"], READ),
        (["policy"], ["poddisruptionbudgets"], ["create", "delete", "get"]),
    ]


def test_secrets_are_read_by_name_and_by_the_server_only(objects: list[Body]) -> None:
    readable = {
        (body["metadata"]["namespace"], body["metadata"]["name"]): rule.get("resourceNames")
        for body in objects
        if body["kind"] == "Role"
        for rule in body["rules"]
        if "secrets" in rule["resources"] and "get" in rule["verbs"]
    }
    assert readable == {
        ("argo-workflows", "argo-server-secrets"): ["argo-workflows-sso", "sso"],
        ("training", "argo-server-secrets"): [
            "workflows-viewer.service-account-token",
            "workflows-submitter.service-account-token",
        ],
    }


def test_two_controllers_elect_one_and_manage_the_namespace_of_workflows(objects: list[Body]) -> None:
    assert find(objects, "Deployment", "workflow-controller")["spec"]["replicas"] == 2
    container = main(objects, "workflow-controller")
    assert container["args"] == [
        "--configmap=workflow-controller-configmap",
        "--executor-image=quay.io/argoproj/argoexec:v4.1.4",
        "--executor-image-pull-policy=IfNotPresent",
        "--log-format=json",
        "--managed-namespace=training",
        "--namespaced",
    ]
    assert [variable["name"] for variable in container["env"]] == ["LEADER_ELECTION_IDENTITY"]


def test_images_come_from_the_mirror_of_the_environment() -> None:
    env = training(images={"mirrors": {"quay.io": "mirror.example.com/quay"}})
    objects = ArgoWorkflows(App(), env).objects()
    assert main(objects, "argo-server")["image"] == "mirror.example.com/quay/argoproj/argocli:v4.1.4"
    executor = "--executor-image=mirror.example.com/quay/argoproj/argoexec:v4.1.4"
    assert executor in main(objects, "workflow-controller")["args"]


def test_artifacts_and_logs_go_to_the_bucket_with_the_credentials_of_the_pod(objects: list[Body]) -> None:
    assert configuration(objects)["artifactRepository"] == {
        "archiveLogs": True,
        "s3": {
            "bucket": "genai-dev-artifacts",
            "endpoint": "s3.amazonaws.com",
            "keyFormat": "workflows/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}",
            "region": "us-west-2",
            "useSDKCreds": True,
        },
    }


def test_workflow_pods_are_restricted_even_where_a_template_says_nothing(objects: list[Body]) -> None:
    settings = configuration(objects)
    assert settings["executor"]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    defaults = settings["workflowDefaults"]["spec"]
    assert defaults["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert defaults["podMetadata"] == {"labels": {"app.kubernetes.io/name": "workflow"}}


def test_workflows_end_and_go_away_by_themselves() -> None:
    settings = configuration(bodies(keep_days=3, keep_each=5, longest_days=2, parallelism=7))
    defaults = settings["workflowDefaults"]["spec"]
    assert defaults["ttlStrategy"] == {"secondsAfterCompletion": 3 * 86_400}
    assert defaults["activeDeadlineSeconds"] == 2 * 86_400
    assert settings["retentionPolicy"] == {"completed": 5, "failed": 5, "errored": 5}
    assert settings["parallelism"] == 7


def test_only_templates_run_unless_the_environment_says_otherwise(objects: list[Body]) -> None:
    assert configuration(objects)["workflowRestrictions"] == {"templateReferencing": "Strict"}
    assert "workflowRestrictions" not in configuration(bodies(templates_only=False))


def test_people_log_in_where_the_load_balancer_sends_them() -> None:
    cognito = configuration(bodies())["sso"]
    assert cognito["issuer"] == "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example"
    assert cognito["customGroupClaimName"] == "cognito:groups"
    assert cognito["redirectUrl"] == "https://workflows.dev.example.com/oauth2/callback"
    assert cognito["rbac"] == {"enabled": True}
    section = environment().ingress.model_dump() | {"cognito": None, "oidc": OIDC}
    oidc = configuration(ArgoWorkflows(App(), training(ingress=section)).objects())["sso"]
    assert oidc["issuer"] == "https://login.example.com"
    assert oidc["scopes"] == ["email", "groups"]
    assert "customGroupClaimName" not in oidc


def test_everyone_may_look_and_named_groups_may_start() -> None:
    objects = bodies(submitters=["ml-engineers", "researchers"])
    annotations = {
        name: find(objects, "ServiceAccount", name, "training")["metadata"]["annotations"]
        for name in ("workflows-viewer", "workflows-submitter")
    }
    rule = "workflows.argoproj.io/rbac-rule"
    assert annotations == {
        "workflows-viewer": {rule: "true", f"{rule}-precedence": "0"},
        "workflows-submitter": {
            rule: "'ml-engineers' in groups || 'researchers' in groups",
            f"{rule}-precedence": "1",
        },
    }
    viewer = find(objects, "Role", "workflows-viewer", "training")
    assert {verb for rule in viewer["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    submitter = find(objects, "Role", "workflows-submitter", "training")
    writable = {
        resource
        for rule in submitter["rules"]
        if not set(rule["verbs"]) <= set(READ)
        for resource in rule["resources"]
    }
    assert writable == {"workflows", "cronworkflows"}


def test_tokens_of_these_accounts_are_made_in_the_cluster(objects: list[Body]) -> None:
    secret = find(objects, "Secret", "workflows-viewer.service-account-token", "training")
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "workflows-viewer"}
    assert not {"data", "stringData"} & secret.keys()


def test_without_submitters_everyone_may_only_look() -> None:
    objects = bodies(submitters=[])
    names = {body["metadata"]["name"] for body in objects if body["kind"] == "ServiceAccount"}
    assert "workflows-submitter" not in names


def test_the_load_balancer_talks_tls_to_the_server(objects: list[Body]) -> None:
    annotations = find(objects, "Ingress", "argo-server")["metadata"]["annotations"]
    prefix = "alb.ingress.kubernetes.io"
    assert annotations[f"{prefix}/backend-protocol"] == "HTTPS"
    assert annotations[f"{prefix}/healthcheck-protocol"] == "HTTPS"
    assert main(objects, "argo-server")["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_a_new_configuration_rolls_the_server_which_reads_it_once() -> None:
    hashes = {
        find(bodies(parallelism=number), "Deployment", "argo-server")["spec"]["template"]["metadata"][
            "annotations"
        ]["genai-on-eks/configuration"]
        for number in (5, 6)
    }
    assert len(hashes) == 2


def test_prometheus_reaches_both_programs_and_the_load_balancer_the_server_only(objects: list[Body]) -> None:
    def sources(name: str) -> list[tuple[bool, int]]:
        policy = find(objects, "NetworkPolicy", name)["spec"]
        return [
            ("ipBlock" in rule["from"][0], port["port"])
            for rule in policy["ingress"]
            for port in rule["ports"]
        ]

    assert sources("workflow-controller") == [(False, 9090)]
    assert sources("argo-server") == [(True, 2746), (False, 2746)]


def test_the_server_reads_artifacts_and_garbage_collection_removes_them() -> None:
    found = {
        identity.service_account: identity.policies["artifacts"][1]["Action"]
        for identity in ArgoWorkflows(App(), training()).pod_identities()
    }
    assert found["argo-server"] == ["s3:GetObject"]
    assert "s3:DeleteObject" in found["workflow-artifact-gc"]
    assert set(found) == {"argo-server", "workflow-artifact-gc"}


def test_an_environment_without_the_section_has_no_workflows() -> None:
    assert not ArgoWorkflows.enabled(environment())
