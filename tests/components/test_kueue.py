from typing import Any

import yaml
from cdk8s import App

from charts_src.components.crds import KueueCrds
from charts_src.components.kueue import KueueController
from charts_src.lib.kueue_config import FEATURE_GATES
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

JOB_NAMESPACES = {
    "matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["ray", "spark-jobs", "training"]}
    ]
}


def objects() -> dict[str, Body]:
    return rendered(KueueController(App(), environment()))


def webhooks(verb: str) -> dict[str, Any]:
    configuration = objects()[f"{verb}WebhookConfiguration/kueue-{verb.lower()}-webhook-configuration"]
    return {webhook["name"]: webhook for webhook in configuration["webhooks"]}


def test_the_definitions_serve_one_version_and_need_no_conversion() -> None:
    for body in KueueCrds(App(), environment()).objects():
        served = [version["name"] for version in body["spec"]["versions"] if version["served"]]
        assert served == ["v1beta2"]
        assert body["spec"].get("conversion", {}).get("strategy", "None") == "None"


def test_a_job_starts_whole_or_gives_its_nodes_back_a_limited_number_of_times() -> None:
    kueue = {"pods_ready_minutes": 60, "retries": 2}
    config = rendered(KueueController(App(), environment(kueue=kueue)))["ConfigMap/kueue-manager-config"]
    assert yaml.safe_load(config["data"]["controller_manager_config.yaml"])["waitForPodsReady"] == {
        "timeout": "60m",
        "recoveryTimeout": "60m",
        "blockAdmission": False,
        "requeuingStrategy": {
            "timestamp": "Eviction",
            "backoffLimitCount": 2,
            "backoffBaseSeconds": 60,
            "backoffMaxSeconds": 3600,
        },
    }


def test_gates_that_need_topology_are_off_with_it_as_kueue_demands() -> None:
    assert not any(FEATURE_GATES.values())
    assert {
        "TASFailedNodeReplacement",
        "TASFailedNodeReplacementFailFast",
        "TASHandleOverlappingFlavors",
        "TASMultiLayerTopology",
        "TASProfileMixed",
        "TASRecomputeAssignmentWithinSchedulingCycle",
        "TASReplaceNodeOnNodeTaints",
        "TASReplaceNodeOnPodTermination",
        "TopologyAwareScheduling",
    } <= set(FEATURE_GATES)


def test_a_change_of_the_configuration_rolls_the_pods() -> None:
    def annotation(**kueue: Any) -> str:
        body = rendered(KueueController(App(), environment(kueue=kueue)))["Deployment/kueue"]
        found: str = body["spec"]["template"]["metadata"]["annotations"]["genai-on-eks/config"]
        return found

    assert annotation() == annotation()
    assert annotation() != annotation(retries=1)


def test_a_kueue_that_is_down_blocks_jobs_with_a_queue_and_nothing_else() -> None:
    for verb in ("Mutating", "Validating"):
        for name, webhook in webhooks(verb).items():
            (rule,) = webhook["rules"]
            if rule["apiGroups"] != ["kueue.x-k8s.io"]:
                assert webhook["namespaceSelector"] == JOB_NAMESPACES, name
                assert webhook["objectSelector"] == {
                    "matchExpressions": [{"key": "kueue.x-k8s.io/queue-name", "operator": "Exists"}]
                }, name
    assert set(webhooks("Mutating")) == {
        "mclusterqueue.kb.io",
        "mjob.kb.io",
        "mmpijob.kb.io",
        "mraycluster.kb.io",
        "mrayjob.kb.io",
        "mresourceflavor.kb.io",
        "mworkload.kb.io",
    }
    assert set(webhooks("Validating")) == {
        "vclusterqueue.kb.io",
        "vcohort.kb.io",
        "vjob.kb.io",
        "vmpijob.kb.io",
        "vraycluster.kb.io",
        "vrayjob.kb.io",
        "vresourceflavor.kb.io",
        "vworkload.kb.io",
    }


def test_webhooks_are_called_where_kueue_answers() -> None:
    paths = {name: webhook["clientConfig"]["service"] for name, webhook in webhooks("Validating").items()}
    assert paths["vmpijob.kb.io"] == {
        "name": "kueue-webhook-service",
        "namespace": "kueue-system",
        "path": "/validate-kubeflow-org-v2beta1-mpijob",
        "port": 443,
    }
    assert paths["vworkload.kb.io"]["path"] == "/validate-kueue-x-k8s-io-v1beta2-workload"
    assert webhooks("Validating")["vworkload.kb.io"]["rules"][0]["resources"] == [
        "workloads",
        "workloads/status",
    ]


def test_kueue_never_touches_pods_nodes_secrets_or_what_argo_cd_owns() -> None:
    (rules,) = (objects()["ClusterRole/kueue"]["rules"],)
    named = {resource for rule in rules for resource in rule["resources"]}
    assert not named & {
        "pods",
        "nodes",
        "secrets",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "customresourcedefinitions",
    }
    assert "Role/kueue-leader-election" in objects()


def test_kueue_finds_the_service_that_owns_a_ray_cluster_and_cannot_change_it() -> None:
    rules = objects()["ClusterRole/kueue"]["rules"]
    (verbs,) = (rule["verbs"] for rule in rules if "rayservices" in rule["resources"])
    assert verbs == ["get", "list", "watch"]


def test_certificates_come_from_cert_manager_under_one_root() -> None:
    found = objects()
    assert found["Issuer/kueue-issuer"]["spec"] == {"ca": {"secretName": "kueue-issuer-ca"}}
    assert found["Certificate/kueue-issuer-ca"]["spec"]["isCA"] is True
    assert found["Certificate/kueue-webhook"]["spec"] == {
        "dnsNames": [
            "kueue-webhook-service.kueue-system.svc",
            "kueue-webhook-service.kueue-system.svc.cluster.local",
        ],
        "duration": "8760h0m0s",
        "renewBefore": "4380h0m0s",
        "issuerRef": {"kind": "Issuer", "name": "kueue-issuer"},
        "secretName": "kueue-webhook-server-cert",
    }
    volumes = found["Deployment/kueue"]["spec"]["template"]["spec"]["volumes"]
    mounted = [volume["secret"]["secretName"] for volume in volumes if "secret" in volume]
    assert mounted == ["kueue-webhook-server-cert", "kueue-metrics-server-cert"]


def test_the_api_server_reaches_the_webhooks_and_prometheus_the_metrics() -> None:
    webhook, metrics = objects()["NetworkPolicy/kueue"]["spec"]["ingress"]
    assert webhook == {
        "from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}],
        "ports": [{"port": 9443, "protocol": "TCP"}],
    }
    assert metrics["ports"] == [{"port": 8443, "protocol": "TCP"}]
    monitor = objects()["ServiceMonitor/kueue"]["spec"]
    assert monitor["endpoints"][0]["scheme"] == "https"
    assert monitor["scrapeClass"] == "authenticated"
    assert monitor["selector"]["matchLabels"] == {"app.kubernetes.io/name": "kueue-metrics"}
    service = objects()["Service/kueue-metrics"]["metadata"]
    assert service["labels"]["app.kubernetes.io/name"] == "kueue-metrics"
    (subject,) = objects()["ClusterRoleBinding/kueue-metrics-reader"]["subjects"]
    assert (subject["namespace"], subject["name"]) == ("monitoring", "prometheus")
