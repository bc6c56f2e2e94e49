"""Rules on parts that don't fit each other, on what is missing, and on what is empty."""

from typing import Any

import pytest

from charts_src.objects import Body
from charts_src.policy import (
    containers,
    empty,
    ingress,
    metadata,
    monitoring,
    network,
    rbac,
    secrets,
    workloads,
)
from tests.objects import RBAC, binding, deployment, role, thing

CONTAINER: Body = {"name": "web", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}


def spec(**fields: Any) -> Body:
    return {"containers": [CONTAINER | fields], "volumes": [{"name": "data", "emptyDir": {}}]}


def amounts(requests: Body, limits: Body) -> Body:
    return spec(resources={"requests": requests, "limits": limits})


def texts(found: Any) -> list[str]:
    return [str(each) for each in found]


def test_parts_that_fit_each_other_break_no_rule() -> None:
    good = spec(
        env=[{"name": "A", "value": ""}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "spec"}}}],
        resources={
            "requests": {"cpu": "1", "nvidia.com/gpu": "1"},
            "limits": {"cpu": "2", "nvidia.com/gpu": "1"},
        },
    )
    for rule in (containers.mounts, containers.unique, containers.variables, containers.bounded):
        assert texts(rule(good)) == []


def test_a_mount_without_a_volume_is_found() -> None:
    assert texts(containers.mounts({"containers": [CONTAINER]})) == [
        "containers[0].volumeMounts[0].name: data is no volume of the pod; add it"
    ]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"containers": [CONTAINER, CONTAINER]}, "containers: web is there 2 times; keep one"),
        (spec(env=[{"name": "A"}, {"name": "A"}]), "containers[0].env: A is there 2 times; keep one"),
        (
            spec(ports=[{"name": "http", "containerPort": 1}, {"name": "http", "containerPort": 2}]),
            "containers[0].ports: http is there 2 times; keep one",
        ),
        (
            spec(volumeMounts=[{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/a"}]),
            "containers[0].volumeMounts: /a is there 2 times; keep one",
        ),
    ],
)
def test_two_of_one_name_are_found(bad: Body, expected: str) -> None:
    assert texts(containers.unique(bad)) == [expected]


def test_a_variable_without_a_value_is_found() -> None:
    assert texts(containers.variables(spec(env=[{"name": "A"}]))) == [
        'containers[0].env[0]: A has no value; write "" for none'
    ]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (
            amounts({"memory": "2Gi"}, {"memory": "1Gi"}),
            "requests.memory: is more than the limit, 1Gi; raise that or lower this",
        ),
        (
            amounts({"nvidia.com/gpu": "1"}, {"memory": "1Gi"}),
            "limits.nvidia.com/gpu: must have the same amount as request and as limit",
        ),
        (
            amounts({"hugepages-2Mi": "1Gi"}, {"hugepages-2Mi": "2Gi"}),
            "limits.hugepages-2Mi: must have the same amount as request and as limit",
        ),
    ],
)
def test_amounts_that_the_api_server_refuses_are_found(bad: Body, expected: str) -> None:
    assert texts(containers.bounded(bad)) == [f"containers[0].resources.{expected}"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"spec": {"ingress": [{"from": []}]}}, "spec.ingress[0].from"),
        ({"spec": {"podSelector": {"matchLabels": {}}}}, "spec.podSelector.matchLabels"),
        ({"spec": {"selector": {}}}, "spec.selector"),
        ({"rules": []}, "rules"),
    ],
)
def test_what_is_empty_by_accident_is_found(fields: Body, path: str) -> None:
    message = "is empty, which may mean everything; leave it out or say what is meant"
    assert texts(empty.none_by_accident(thing("Any", "any", **fields))) == [f"{path}: {message}"]


def test_what_is_empty_on_purpose_is_fine() -> None:
    body = thing("Any", "any", spec={"podSelector": {}, "volumes": [{"emptyDir": {}}], "text": "", "n": 0})
    assert texts(empty.none_by_accident(body)) == []


def test_a_policy_that_leaves_out_whom_it_selects_is_found() -> None:
    body = thing("networking.k8s.io/NetworkPolicy", "it", "shop", spec={"policyTypes": ["Ingress"]})
    assert texts(network.spelled_out(body)) == ["spec.podSelector: is missing; write it out"]


def test_rules_of_a_direction_that_a_policy_is_not_about_are_found() -> None:
    fields = {"podSelector": {}, "policyTypes": ["Ingress"], "egress": [{"to": [{"podSelector": {}}]}]}
    assert texts(network.spelled_out(thing("networking.k8s.io/NetworkPolicy", "it", spec=fields))) == [
        "spec.egress: has no effect unless policyTypes has Egress; add it"
    ]


@pytest.mark.parametrize("field", ["verbs", "apiGroups", "resources"])
def test_a_rule_that_allows_nothing_is_found(field: str) -> None:
    body = role("reader", "", "pods", "get")
    del body["rules"][0][field]
    expected = f"rules[0].{field}: is missing; a rule without allows nothing"
    assert texts(rbac.complete(body)) == [expected]


def test_a_whole_rule_and_one_for_urls_are_fine() -> None:
    body = role("reader", "", "pods", "get")
    body["rules"].append({"nonResourceURLs": ["/metrics"], "verbs": ["get"]})
    assert texts(rbac.complete(body)) == []
    assert texts(rbac.complete(binding("reader", "shop", "web"))) == []


def test_a_role_without_rules_and_a_binding_without_a_namespace_are_found() -> None:
    bound = binding("reader", "shop", "web")
    del bound["subjects"][0]["namespace"]
    assert texts(rbac.complete(thing(f"{RBAC}/Role", "none", "shop"))) == [
        "rules: is missing; a role without rules allows nothing"
    ]
    assert texts(rbac.complete(bound)) == ["subjects[0].namespace: is missing; an account has one"]


def test_an_account_that_says_nothing_of_its_token_is_found() -> None:
    assert texts(rbac.silent_account(thing("ServiceAccount", "web", "shop"))) == [
        "automountServiceAccountToken: is missing; say true or false"
    ]
    quiet = thing("ServiceAccount", "web", "shop", automountServiceAccountToken=False)
    assert texts(rbac.silent_account(quiet)) == []


def with_annotations(**annotations: str) -> Body:
    body = thing("networking.k8s.io/Ingress", "web", "shop")
    keys = {f"alb.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    body["metadata"]["annotations"] = keys
    return body


DEMANDED = {
    "certificate_arn": "arn",
    "inbound_cidrs": "10.0.0.0/8",
    "listen_ports": "443",
    "scheme": "internal",
    "ssl_policy": "new",
    "target_type": "ip",
    "healthcheck_path": "/",
    "group.name": "one",
}
LOGIN = {"auth_type": "oidc", "auth_idp_oidc": "{}", "auth_on_unauthenticated_request": "authenticate"}


def test_an_ingress_with_tls_and_a_login_or_a_token_check_is_fine() -> None:
    assert texts(ingress.guarded(with_annotations(**DEMANDED, **LOGIN))) == []
    assert texts(ingress.guarded(with_annotations(**DEMANDED, jwt_validation="{}"))) == []


@pytest.mark.parametrize("missing", sorted(DEMANDED))
def test_an_ingress_without_one_of_its_guards_is_found(missing: str) -> None:
    rest = {key: value for key, value in (DEMANDED | LOGIN).items() if key != missing}
    (found,) = ingress.guarded(with_annotations(**rest))
    assert found.path == f"metadata.annotations.alb.ingress.kubernetes.io/{missing.replace('_', '-')}"


@pytest.mark.parametrize("missing", sorted(LOGIN))
def test_an_ingress_without_a_whole_login_is_found(missing: str) -> None:
    rest = {key: value for key, value in (DEMANDED | LOGIN).items() if key != missing}
    assert len(texts(ingress.guarded(with_annotations(**rest)))) == 1


def rule(**labels: str) -> Body:
    groups = [{"name": "a", "rules": [{"record": "x"}, {"alert": "Down", "labels": labels}]}]
    return thing("monitoring.coreos.com/PrometheusRule", "it", "shop", spec={"groups": groups})


def test_an_alert_that_nobody_is_told_of_is_found() -> None:
    assert texts(monitoring.alerts(rule(severity="warning"))) == []
    path = "spec.groups[0].rules[1].labels.severity"
    for bad in (rule(), rule(severity="bad")):
        assert texts(monitoring.alerts(bad)) == [f"{path}: must be one of critical, warning, info"]


def test_a_monitor_that_takes_everything_is_found() -> None:
    kind = "monitoring.coreos.com/PodMonitor"
    assert texts(monitoring.chosen(thing(kind, "it", spec={"selector": {"matchLabels": {"a": "b"}}}))) == []
    assert texts(monitoring.chosen(thing(kind, "it", spec={}))) == [
        "spec.selector: takes everything in the namespace; select by labels"
    ]


def test_a_misspelled_key_of_a_known_program_is_found() -> None:
    body = thing("Pod", "web", "shop")
    body["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": "true", "own": "of people"}
    assert texts(metadata.known_keys(body)) == []
    body["metadata"]["annotations"]["karpenter.sh/do-not-disrupts"] = "true"
    (found,) = metadata.known_keys(body)
    assert found.path == "metadata.annotations.karpenter.sh/do-not-disrupts"
    inside = thing("apps/Deployment", "web", spec={"template": {"metadata": {"labels": {"a.b/c": "d"}}}})
    assert [each.path for each in metadata.known_keys(inside)] == ["spec.template.metadata.labels.a.b/c"]


def test_a_namespace_without_pod_security_in_each_mode_is_found() -> None:
    body = thing("Namespace", "shop")
    keys = [f"pod-security.kubernetes.io/{mode}" for mode in ("audit", "enforce", "warn")]
    labels = dict.fromkeys(keys, "restricted") | {f"{key}-version": "v1.36" for key in keys}
    body["metadata"]["labels"] = labels
    assert texts(metadata.pod_security(body)) == []
    body["metadata"]["labels"] = labels | {keys[1]: "none", f"{keys[2]}-version": ""}
    assert [each.path for each in metadata.pod_security(body)] == [
        f"metadata.labels.{keys[1]}",
        f"metadata.labels.{keys[2]}-version",
    ]


def test_an_ingress_for_every_host_is_found() -> None:
    body = with_annotations(**DEMANDED, **LOGIN)
    body["spec"] = {"rules": [{"host": "web.example.com"}, {"http": {}}]}
    assert [each.path for each in ingress.guarded(body)] == ["spec.rules[1].host"]


def test_a_workload_that_does_not_select_its_pods_is_found() -> None:
    body = deployment("web", "shop")
    body["spec"]["template"]["metadata"] = {"labels": {"app": "web"}}
    body["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    assert texts(workloads.own_pods(body)) == []
    body["spec"]["selector"] = {"matchLabels": {"app": "webs"}}
    assert texts(workloads.own_pods(body)) == [
        "spec.selector.matchLabels.app: is webs, its pods have web; write the same"
    ]


@pytest.mark.parametrize("names", [{}, {"alert": "Down", "record": "x", "labels": {"severity": "info"}}])
def test_a_rule_that_neither_alerts_nor_records_or_does_both_is_found(names: Body) -> None:
    groups = [{"name": "a", "rules": [{"expr": "1", **names}]}]
    body = thing("monitoring.coreos.com/PrometheusRule", "it", "shop", spec={"groups": groups})
    assert texts(monitoring.alerts(body)) == ["spec.groups[0].rules[0]: must have one of alert and record"]


def test_a_secret_that_kubernetes_never_fills_is_found() -> None:
    body = thing("Secret", "token", "shop", type="kubernetes.io/service-account-token")
    body["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "web"}
    assert texts(secrets.account_tokens(body)) == []
    del body["type"]
    assert texts(secrets.account_tokens(body)) == [
        "type: must be kubernetes.io/service-account-token, as it names an account"
    ]
    assert texts(secrets.account_tokens(thing("Secret", "other", "shop"))) == []
