from typing import Any

from cdk8s import App

from charts_src.components.kuberay_operator import KubeRayOperator
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

CRUD = ["create", "delete", "get", "list", "patch", "update", "watch"]
READ = ["get", "list", "watch"]
STATUS = ["get", "patch", "update"]
WEBHOOK_OBJECTS = {
    "ValidatingWebhookConfiguration/kuberay-operator",
    "Service/kuberay-webhook",
    "Issuer/kuberay-webhook-issuer",
    "Certificate/kuberay-webhook",
    "NetworkPolicy/kuberay-webhook",
}


PROMETHEUS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
}


def operator(**kuberay: Any) -> dict[str, Body]:
    return rendered(KubeRayOperator(App(), environment(kuberay=kuberay)))


def manager(objects: dict[str, Body]) -> Any:
    (container,) = objects["Deployment/kuberay-operator"]["spec"]["template"]["spec"]["containers"]
    return container


def test_the_rules_are_upstreams_without_what_is_never_used() -> None:
    role = operator()["ClusterRole/kuberay-operator"]
    rules = [(rule["apiGroups"], rule["resources"], sorted(rule["verbs"])) for rule in role["rules"]]
    assert rules == [
        ([""], ["events", "pods/status", "services"], CRUD),
        ([""], ["pods"], sorted([*CRUD, "deletecollection"])),
        ([""], ["pods/resize"], ["patch"]),
        ([""], ["secrets"], ["create", *READ]),
        ([""], ["serviceaccounts"], ["create", "delete", *READ]),
        ([""], ["services/status"], STATUS),
        (["batch"], ["jobs"], CRUD),
        (["discovery.k8s.io"], ["endpointslices"], READ),
        (["ray.io"], ["rayclusters", "rayjobs", "rayservices"], CRUD),
        (["ray.io"], ["rayclusters/finalizers", "rayjobs/finalizers", "rayservices/finalizers"], ["update"]),
        (["ray.io"], ["rayclusters/status", "rayjobs/status", "rayservices/status"], STATUS),
        (["rbac.authorization.k8s.io"], ["rolebindings"], ["create", "delete", *READ]),
        (["rbac.authorization.k8s.io"], ["roles"], ["create", "delete", "get", "list", "update", "watch"]),
    ]


def test_the_operator_may_act_in_the_namespaces_of_ray_only() -> None:
    bodies = KubeRayOperator(App(), environment()).objects()
    bindings = {
        (body["metadata"]["namespace"], body["roleRef"]["kind"], body["roleRef"]["name"]): body["subjects"]
        for body in bodies
        if body["kind"] == "RoleBinding"
    }
    account = {
        "apiGroup": "",
        "kind": "ServiceAccount",
        "name": "kuberay-operator",
        "namespace": "kuberay-system",
    }
    assert bindings == {
        ("stable-diffusion", "ClusterRole", "kuberay-operator"): [account],
        ("kuberay-system", "Role", "kuberay-operator-leader-election"): [account],
    }
    assert not any(body["kind"] == "ClusterRoleBinding" for body in bodies)


def test_the_operator_leads_alone_watches_those_namespaces_and_states_every_feature_gate() -> None:
    assert manager(operator())["args"] == [
        "--enable-leader-election=true",
        "--enable-metrics=true",
        "--feature-gates=AsyncJobInfoQuery=false,RayClusterStatusConditions=true,RayCronJob=false,"
        "RayJobDeletionPolicy=true,RayMultiHostIndexing=true,RayServiceIncrementalUpgrade=false",
        "--health-probe-bind-address=:8082",
        "--metrics-addr=:8080",
        "--watch-namespace=stable-diffusion",
    ]


def test_the_decisions_of_the_section_reach_the_deployment() -> None:
    objects = operator(replicas=3, cpu="250m", memory="1Gi")
    assert objects["Deployment/kuberay-operator"]["spec"]["replicas"] == 3
    assert manager(objects)["image"] == "quay.io/kuberay/operator:v1.6.2"
    assert manager(objects)["resources"] == {
        "requests": {"cpu": "250m", "memory": "1Gi"},
        "limits": {"cpu": "250m", "memory": "1Gi"},
    }


def test_health_is_asked_at_the_endpoints_made_for_it() -> None:
    container = manager(operator())
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "health"}
    assert {"name": "health", "containerPort": 8082, "protocol": "TCP"} in container["ports"]


def test_the_operator_reaches_the_kubernetes_api_and_dashboards_and_only_prometheus_reaches_it() -> None:
    assert operator()["NetworkPolicy/kuberay-operator"]["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "kuberay-operator"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [PROMETHEUS], "ports": [{"port": 8080, "protocol": "TCP"}]}],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, {"ipBlock": {"cidr": "172.20.0.0/16"}}],
                "ports": [{"port": 443, "protocol": "TCP"}],
            },
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                        "podSelector": {"matchLabels": {"ray.io/node-type": "head"}},
                    }
                    for namespace in ("stable-diffusion",)
                ],
                "ports": [{"port": 8265, "protocol": "TCP"}],
            },
        ],
    }


def test_there_is_no_webhook_unless_asked_for() -> None:
    objects = operator()
    assert not WEBHOOK_OBJECTS & set(objects)
    assert "env" not in manager(objects)


def test_the_webhook_checks_ray_clusters_only_as_others_have_no_handler() -> None:
    objects = operator(webhook=True)
    assert set(objects) >= WEBHOOK_OBJECTS
    configuration = objects["ValidatingWebhookConfiguration/kuberay-operator"]
    (webhook,) = configuration["webhooks"]
    assert webhook["name"] == "vraycluster.kb.io"
    assert webhook["clientConfig"] == {
        "service": {
            "namespace": "kuberay-system",
            "name": "kuberay-webhook",
            "path": "/validate-ray-io-v1-raycluster",
            "port": 443,
        }
    }
    assert [rule["resources"] for rule in webhook["rules"]] == [["rayclusters"]]
    assert configuration["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": "kuberay-system/kuberay-webhook"
    }


def test_the_webhook_serves_with_the_certificate_of_its_service() -> None:
    objects = operator(webhook=True)
    container = manager(objects)
    assert container["env"] == [{"name": "ENABLE_WEBHOOKS", "value": "true"}]
    assert {"name": "webhook", "containerPort": 9443, "protocol": "TCP"} in container["ports"]
    assert container["volumeMounts"] == [
        {"name": "certificate", "mountPath": "/tmp/k8s-webhook-server/serving-certs", "readOnly": True}  # noqa: S108
    ]
    assert objects["Deployment/kuberay-operator"]["spec"]["template"]["spec"]["volumes"] == [
        {
            "name": "certificate",
            "secret": {"secretName": "kuberay-webhook-certificate", "defaultMode": 420},
        }
    ]
    assert objects["Certificate/kuberay-webhook"]["spec"] == {
        "dnsNames": [
            "kuberay-webhook.kuberay-system.svc",
            "kuberay-webhook.kuberay-system.svc.cluster.local",
        ],
        "issuerRef": {"kind": "Issuer", "name": "kuberay-webhook-issuer"},
        "secretName": "kuberay-webhook-certificate",
    }
    assert objects["NetworkPolicy/kuberay-webhook"]["spec"]["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}], "ports": [{"port": 9443, "protocol": "TCP"}]}
    ]
