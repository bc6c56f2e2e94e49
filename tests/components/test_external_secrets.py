from cdk8s import App

from charts_src.components.external_secrets import ExternalSecrets
from charts_src.lib.namespaces import SECRET_NAMESPACES
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def external_secrets() -> dict[str, Body]:
    return rendered(ExternalSecrets(App(), environment()))


def test_the_store_serves_named_namespaces_with_the_role_of_the_controller() -> None:
    assert external_secrets()["ClusterSecretStore/aws-secrets-manager"]["spec"] == {
        "conditions": [{"namespaces": list(SECRET_NAMESPACES)}],
        "provider": {"aws": {"service": "SecretsManager", "region": "us-west-2"}},
    }


def test_the_role_reads_the_secrets_of_the_cluster_and_no_others() -> None:
    (identity,) = ExternalSecrets(App(), environment()).pod_identities()
    assert (identity.namespace, identity.service_account) == ("external-secrets", "external-secrets")
    assert identity.policies == {
        "secrets": [
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
                "Resource": ["arn:aws:secretsmanager:us-west-2:111122223333:secret:genai-dev/*"],
            }
        ]
    }


def test_secrets_are_written_only_where_the_store_serves() -> None:
    bodies = ExternalSecrets(App(), environment()).objects()
    roles = [body for body in bodies if body["metadata"]["name"] == "external-secrets-write-secrets"]
    assert {role["metadata"]["namespace"] for role in roles} == set(SECRET_NAMESPACES)
    assert external_secrets()["ClusterRole/external-secrets-watch-secrets"]["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"]}
    ]


def test_what_is_not_used_is_off() -> None:
    (container,) = external_secrets()["Deployment/external-secrets"]["spec"]["template"]["spec"]["containers"]
    for reconciler in ("cluster-external-secret", "cluster-push-secret", "push-secret", "secret-store"):
        assert f"--enable-{reconciler}-reconciler=false" in container["args"]
    granted = {
        resource
        for rule in external_secrets()["ClusterRole/external-secrets"]["rules"]
        for resource in rule["resources"]
    }
    assert not granted & {"pushsecrets", "secretstores", "clusterexternalsecrets", "serviceaccounts/token"}


def test_the_controller_gets_its_credentials_and_reaches_aws() -> None:
    egress = external_secrets()["NetworkPolicy/external-secrets"]["spec"]["egress"]
    assert {
        "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
        "ports": [{"port": 80, "protocol": "TCP"}],
    } in egress
    assert {
        "to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}],
        "ports": [{"port": 443, "protocol": "TCP"}],
    } in egress
