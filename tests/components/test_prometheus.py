from typing import Any

from cdk8s import App

from charts_src.components.prometheus import Prometheus
from charts_src.lib.namespaces import NAMESPACES
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

WORKSPACE = "ws-12345678-1234-1234-1234-123456789012"


def component(**prometheus: Any) -> Prometheus:
    return Prometheus(App(), environment(monitoring={"prometheus": prometheus}))


def server(**prometheus: Any) -> Any:
    return rendered(component(**prometheus))["Prometheus/prometheus"]["spec"]


def _policy() -> Body:
    spec: Body = rendered(component())["NetworkPolicy/prometheus"]["spec"]
    return spec


def test_monitors_and_rules_of_every_namespace_are_selected() -> None:
    spec = server()
    for kind in ("serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule"):
        assert spec[f"{kind}Selector"] == {}
        assert spec[f"{kind}NamespaceSelector"] == {}


def test_there_are_two_whole_copies_on_encrypted_volumes() -> None:
    spec = server(retention_days=30, volume_gib=200)
    assert (spec["replicas"], spec["shards"]) == (2, 1)
    assert (spec["retention"], spec["retentionSize"]) == ("30d", "180GiB")
    assert spec["storage"]["volumeClaimTemplate"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": "200Gi"}},
    }


def test_the_token_goes_to_trusted_targets_only() -> None:
    spec = server()
    assert spec["arbitraryFSAccessThroughSMs"] == {"deny": True}
    default, authenticated = spec["scrapeClasses"]
    assert default["default"] is True
    assert "authorization" not in default
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    assert authenticated["authorization"] == {"credentialsFile": f"{path}/token"}
    assert authenticated["tlsConfig"] == {"caFile": f"{path}/ca.crt"}


def test_the_servers_may_read_targets_and_metrics_of_nodes_and_no_secret() -> None:
    role = rendered(component())["ClusterRole/prometheus"]
    assert [(rule["resources"], rule["verbs"]) for rule in role["rules"]] == [
        (["nodes", "pods", "services"], ["get", "list", "watch"]),
        (["nodes/metrics"], ["get"]),
        (["endpointslices"], ["get", "list", "watch"]),
    ]


def test_kubelets_are_scraped_with_the_token_and_few_of_their_metrics_kept() -> None:
    objects = rendered(component())
    spec = objects["ScrapeConfig/cadvisor"]["spec"]
    assert spec["kubernetesSDConfigs"] == [{"role": "Node"}]
    assert (spec["scheme"], spec["scrapeClass"], spec["metricsPath"]) == (
        "HTTPS",
        "authenticated",
        "/metrics/cadvisor",
    )
    assert spec["metricRelabelings"][0]["action"] == "keep"
    kept = objects["ScrapeConfig/kubelet"]["spec"]["metricRelabelings"][0]["regex"]
    assert kept == "kubelet_node_name|kubelet_running_pods|kubelet_volume_stats_.+"


def test_training_jobs_are_found_by_their_labels_and_the_way_to_them_is_open() -> None:
    objects = {
        (body["kind"], body["metadata"].get("namespace"), body["metadata"]["name"]): body
        for body in component().objects()
    }
    monitor = objects["PodMonitor", "monitoring", "training-jobs"]["spec"]
    assert monitor["namespaceSelector"] == {"matchNames": ["ray", "training"]}
    assert monitor["selector"]["matchLabels"] == {"genai-on-eks/training-metrics": "true"}
    assert monitor["podMetricsEndpoints"] == [
        {
            "port": "train-metrics",
            "relabelings": [
                {
                    "action": "replace",
                    "sourceLabels": ["__meta_kubernetes_pod_label_genai_on_eks_training_job"],
                    "targetLabel": "training_job",
                }
            ],
        }
    ]
    for namespace in ("ray", "training"):
        policy = objects["NetworkPolicy", namespace, "allow-training-metrics"]["spec"]
        assert policy["podSelector"] == {"matchLabels": {"genai-on-eks/training-metrics": "true"}}
        assert policy["ingress"][0]["ports"] == [{"port": 9095, "protocol": "TCP"}]


def test_prometheus_reaches_pods_of_the_platform_agents_of_nodes_and_the_kubernetes_api() -> None:
    platform, nodes, api_server = _policy()["egress"]
    (peer,) = platform["to"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert expression["values"] == sorted(NAMESPACES)
    assert "ports" not in platform
    assert nodes == {
        "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}],
        "ports": [{"port": number, "protocol": "TCP"} for number in (10250, 9100, 8003)],
    }
    assert api_server["ports"] == [{"port": 443, "protocol": "TCP"}]


def test_metrics_stay_in_the_cluster_unless_there_is_a_workspace() -> None:
    assert "remoteWrite" not in server()
    assert component().pod_identities() == ()


def test_a_workspace_is_written_to_with_the_role_of_the_account() -> None:
    chart = component(remote_write={"workspace": WORKSPACE})
    spec = rendered(chart)["Prometheus/prometheus"]["spec"]
    assert spec["remoteWrite"] == [
        {
            "url": f"https://aps-workspaces.us-west-2.amazonaws.com/workspaces/{WORKSPACE}/api/v1/remote_write",
            "sigv4": {"region": "us-west-2"},
        }
    ]
    (identity,) = chart.pod_identities()
    assert (identity.namespace, identity.service_account) == ("monitoring", "prometheus")
    assert identity.policies["remote-write"] == [
        {
            "Sid": "RemoteWrite",
            "Effect": "Allow",
            "Action": ["aps:RemoteWrite"],
            "Resource": [f"arn:aws:aps:us-west-2:111122223333:workspace/{WORKSPACE}"],
        }
    ]
    egress = rendered(chart)["NetworkPolicy/prometheus"]["spec"]["egress"]
    assert {
        "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
        "ports": [{"port": 80, "protocol": "TCP"}],
    } in egress
