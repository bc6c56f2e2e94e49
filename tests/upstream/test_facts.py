from typing import Any

from charts_src.objects import Body
from tools.upstream.facts import facts


def named(kind: str, name: str, **fields: Any) -> Body:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


def deployment(**container: Any) -> Body:
    pod = {"containers": [{"name": "manager", "image": "operator:v1", **container}]}
    return named("Deployment", "operator", spec={"template": {"spec": pod}})


def about(category: str, *bodies: Body) -> set[str]:
    return {line for line in facts(bodies).lines if line.startswith(f"{category} ")}


def granted(*, role: str = "Role", binding: str = "RoleBinding", **rule: Any) -> list[Body]:
    subjects = [{"kind": "ServiceAccount", "name": "operator", "namespace": "x"}]
    return [
        named(role, "all", rules=[{"apiGroups": [""], "verbs": ["get"], **rule}]),
        named(binding, "all", roleRef={"kind": role, "name": "all"}, subjects=subjects),
    ]


def test_an_argument_is_the_same_however_it_is_written() -> None:
    upstream = deployment(command=["/manager"], args=["-port", "80", "--verbose", "--name=a", "-v=2"])
    ours = deployment(args=["/manager", "--v=2", "--verbose", "--port=80", "--name=a"])
    assert facts([upstream]).lines == facts([ours]).lines
    assert about("arg", ours) == {
        "arg Deployment/operator manager: --port=80",
        "arg Deployment/operator manager: --verbose",
        "arg Deployment/operator manager: --name=a",
        "arg Deployment/operator manager: --v=2",
    }
    assert about("command", ours) == {"command Deployment/operator manager: /manager"}


def test_a_variable_is_told_by_its_value_or_by_where_that_is_from() -> None:
    node = {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}
    env = [{"name": "A", "value": "1"}, {"name": "EMPTY"}, {"name": "NODE", "valueFrom": node}]
    assert about("env", deployment(env=env, envFrom=[{"configMapRef": {"name": "settings"}}])) == {
        "env Deployment/operator manager: A=1",
        "env Deployment/operator manager: EMPTY=",
        "env Deployment/operator manager: NODE from fieldRef fieldPath spec.nodeName",
        "env Deployment/operator manager: all of configMapRef name settings",
    }


def test_ports_of_containers_and_services_are_told() -> None:
    service = named("Service", "operator", spec={"ports": [{"port": 443, "targetPort": "webhook"}]})
    assert about("port", deployment(ports=[{"containerPort": 53, "protocol": "UDP"}]), service) == {
        "port Deployment/operator manager: 53/UDP",
        "port Service/operator: 443/TCP",
    }


def test_a_right_belongs_to_the_account_and_not_to_the_role() -> None:
    one = granted(resources=["pods", "nodes"])
    two = [*granted(resources=["nodes"]), *granted(role="ClusterRole", resources=["pods"])]
    assert facts(one).rules == facts(two).rules
    assert facts(one).rules == {"rule operator: pods get": False, "rule operator: nodes get": False}


def test_names_of_objects_and_of_api_groups_are_part_of_a_right() -> None:
    rule: Body = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["mine"]}
    assert set(facts(granted(**rule)).rules) == {"rule operator: deployments.apps(mine) get"}


def test_a_right_in_the_cluster_is_told_from_one_in_a_namespace() -> None:
    rule: Body = {"role": "ClusterRole", "resources": ["secrets"]}
    assert facts(granted(binding="ClusterRoleBinding", **rule)).rules == {"rule operator: secrets get": True}
    assert facts(granted(**rule)).rules == {"rule operator: secrets get": False}


def test_a_role_of_somebody_else_is_told_by_its_name() -> None:
    (_, binding) = granted(role="ClusterRole", binding="ClusterRoleBinding", resources=["pods"])
    assert set(facts([binding]).rules) == {"rule operator: ClusterRole/all bound"}


def test_a_role_that_nobody_has_is_an_object() -> None:
    role, binding = granted(role="ClusterRole", resources=["pods"])
    assert about("object", role) == {"object ClusterRole/all"}
    assert about("object", role, binding) == set()


def test_a_webhook_is_told_by_what_it_is_called_for() -> None:
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "operations": ["CREATE", "UPDATE"]}
    webhook = {"clientConfig": {"service": {"path": "/check"}}, "rules": [rule], "failurePolicy": "Ignore"}
    assert about("webhook", named("ValidatingWebhookConfiguration", "a", webhooks=[webhook])) == {
        "webhook /check: failurePolicy Ignore",
        "webhook /check: deployments.apps CREATE",
        "webhook /check: deployments.apps UPDATE",
    }


def test_upstreams_names_become_ours() -> None:
    ours = {"operator": "ours", "manager": "program"}
    lines = facts([deployment(args=["--a"])], lambda name: ours.get(name, name)).lines
    assert lines == {"object Deployment/ours", "arg Deployment/ours program: --a"}


def test_definitions_and_namespaces_belong_to_other_components() -> None:
    assert facts([named("CustomResourceDefinition", "a"), named("Namespace", "b")]).lines == set()
