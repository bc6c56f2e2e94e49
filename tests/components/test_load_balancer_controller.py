import json
from typing import Any

from cdk8s import App

from charts_src.components.load_balancer_controller import LoadBalancerController
from charts_src.lib.namespaces import INGRESS_NAMESPACES
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

OIDC: dict[str, Any] = {
    "domain": "dev.example.com",
    "certificate_arn": "arn:aws:acm:us-west-2:111122223333:certificate/0",
    "oidc": {
        "issuer": "https://login.example.com",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "user_info_endpoint": "https://login.example.com/me",
        "secret_name": "login",
    },
}


def controller(**sections: Any) -> dict[str, Body]:
    return rendered(LoadBalancerController(App(), environment(**sections)))


def webhooks(objects: dict[str, Body]) -> dict[str, Any]:
    return {
        webhook["name"]: webhook
        for body in objects.values()
        if body["kind"].endswith("WebhookConfiguration")
        for webhook in body["webhooks"]
    }


def test_region_and_vpc_are_told_without_an_id() -> None:
    (container,) = controller()["Deployment/aws-load-balancer-controller"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert "--aws-region=us-west-2" in container["args"]
    assert "--aws-vpc-tags=karpenter.sh/discovery=genai-dev" in container["args"]
    assert "--cluster-name=genai-dev" in container["args"]


def test_a_controller_that_is_down_keeps_nobody_from_writing_an_ingress_or_a_service() -> None:
    found = webhooks(controller())
    assert {name: webhook["failurePolicy"] for name, webhook in found.items()} == {
        "mtargetgroupbinding.elbv2.k8s.aws": "Fail",
        "vtargetgroupbinding.elbv2.k8s.aws": "Fail",
        "vingress.elbv2.k8s.aws": "Ignore",
        "vingressclassparams.elbv2.k8s.aws": "Ignore",
    }
    for webhook in found.values():
        if webhook["failurePolicy"] == "Fail":
            assert {group for rule in webhook["rules"] for group in rule["apiGroups"]} == {"elbv2.k8s.aws"}


def test_the_webhooks_serve_with_a_certificate_that_a_root_signs() -> None:
    objects = controller()
    assert objects["Certificate/aws-load-balancer-serving-cert"]["spec"]["issuerRef"] == {
        "kind": "Issuer",
        "name": "aws-load-balancer-root-issuer",
    }
    assert objects["Issuer/aws-load-balancer-root-issuer"]["spec"] == {
        "ca": {"secretName": "aws-load-balancer-root-cert"}
    }
    root = objects["Certificate/aws-load-balancer-root-cert"]["spec"]
    assert root["isCA"]
    assert root["secretName"] == "aws-load-balancer-root-cert"
    spec = objects["Deployment/aws-load-balancer-controller"]["spec"]["template"]["spec"]
    assert spec["volumes"] == [
        {"name": "cert", "secret": {"secretName": "aws-load-balancer-tls", "defaultMode": 420}}
    ]


def test_no_annotation_changes_who_may_connect() -> None:
    assert controller()["IngressClassParams/alb"]["spec"] == {
        "certificateArn": ["arn:aws:acm:us-west-2:111122223333:certificate/0"],
        "inboundCIDRs": ["10.0.0.0/8", "192.0.2.0/24"],
        "namespaceSelector": {
            "matchExpressions": [
                {
                    "key": "kubernetes.io/metadata.name",
                    "operator": "In",
                    "values": list(INGRESS_NAMESPACES),
                }
            ]
        },
        "scheme": "internal",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "tags": [{"key": "environment", "value": "dev"}],
    }


def test_each_policy_fits_a_managed_policy_of_iam() -> None:
    (identity,) = LoadBalancerController(App(), environment()).pod_identities()
    assert len(identity.policies) == 2
    for statements in identity.policies.values():
        document = {"Version": "2012-10-17", "Statement": statements}
        assert len(json.dumps(document, separators=(",", ":"))) < 6144


def test_what_is_not_its_own_is_changed_only_where_aws_knows_no_tag() -> None:
    (identity,) = LoadBalancerController(App(), environment()).pod_identities()
    untagged = {
        action
        for statements in identity.policies.values()
        for statement in statements
        if statement["Resource"] == ["*"] and "Condition" not in statement
        for action in statement["Action"]
        if not action.partition(":")[2].startswith(("Describe", "Get", "List"))
    }
    assert untagged == {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
        *(
            f"elasticloadbalancing:{action}"
            for action in (
                "AddListenerCertificates",
                "CreateListener",
                "CreateRule",
                "DeleteListener",
                "DeleteRule",
                "ModifyListener",
                "ModifyRule",
                "RemoveListenerCertificates",
                "SetRulePriorities",
            )
        ),
    }


def test_it_reads_no_secret_unless_the_login_has_one() -> None:
    assert not any("secrets" in json.dumps(body.get("rules")) for body in controller().values())


def test_with_openid_connect_it_reads_that_secret_in_each_namespace_with_ingresses() -> None:
    bodies = LoadBalancerController(App(), environment(ingress=OIDC)).objects()
    roles = [body for body in bodies if body["metadata"]["name"] == "aws-load-balancer-controller-login"]
    assert {role["metadata"]["namespace"] for role in roles if role["kind"] == "Role"} == set(
        INGRESS_NAMESPACES
    )
    assert next(role["rules"] for role in roles if role["kind"] == "Role") == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["login"],
            "verbs": ["get", "list", "watch"],
        }
    ]
    secrets = [body for body in bodies if body["kind"] == "ExternalSecret"]
    assert {secret["metadata"]["namespace"] for secret in secrets} == set(INGRESS_NAMESPACES)
    assert [item["secretKey"] for item in secrets[0]["spec"]["data"]] == ["clientID", "clientSecret"]
