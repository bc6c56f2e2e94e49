from typing import Any

from cdk8s import App

from charts_src.components.spark_history import SparkHistory
from charts_src.components.spark_jobs import SparkJobs
from charts_src.components.spark_operator import SparkOperator
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.workloads.spark_text_pipeline import SparkTextPipeline
from tests.ray_environment import POOLS, environment, rendered

BATCH = {
    "purpose": "batch",
    "instance_types": ["m7i.2xlarge"],
    "capacity": ["spot", "on-demand"],
    "max_nodes": 4,
}
STORAGE = {
    "buckets": {name: f"genai-{name}" for name in ("data", "models", "artifacts", "logs")},
    "fsx": {"file_system_id": "fs-0123456789", "mount_name": "example", "capacity_gib": 1200},
}


def spark_environment(**pipeline: Any) -> Environment:
    return environment(
        karpenter={"node_role": "genai-node", "node_pools": POOLS | {"batch": BATCH}},
        storage=STORAGE,
        spark={"text_pipeline": pipeline},
    )


def operator() -> dict[str, Body]:
    return rendered(SparkOperator(App(), spark_environment()))


def application(**pipeline: Any) -> Any:
    objects = rendered(SparkTextPipeline(App(), spark_environment(**pipeline)))
    return objects["ScheduledSparkApplication/text-pipeline"]["spec"]


def test_an_environment_without_the_section_has_none_of_it() -> None:
    components = (SparkOperator, SparkJobs, SparkHistory, SparkTextPipeline)
    assert not any(component.enabled(environment()) for component in components)
    assert all(component.enabled(spark_environment()) for component in components)


def test_controller_and_webhook_may_act_where_jobs_run_and_nowhere_else() -> None:
    bodies = SparkOperator(App(), spark_environment()).objects()
    bound = {
        (body["metadata"]["namespace"], body["roleRef"]["kind"], body["roleRef"]["name"])
        for body in bodies
        if body["kind"] == "RoleBinding"
    }
    assert bound == {
        ("spark-jobs", "ClusterRole", "spark-operator-controller"),
        ("spark-jobs", "ClusterRole", "spark-operator-webhook"),
        ("spark-operator", "Role", "spark-operator-controller-leader-election"),
        ("spark-operator", "Role", "spark-operator-webhook-leader-election"),
        ("spark-operator", "Role", "spark-operator-webhook-certificate"),
    }
    assert not any(body["kind"] == "ClusterRoleBinding" for body in bodies)


def test_neither_program_can_take_the_lock_of_the_other() -> None:
    objects = operator()
    for name in ("spark-operator-controller", "spark-operator-webhook"):
        held = [
            (rule["verbs"], rule.get("resourceNames"))
            for rule in objects[f"Role/{name}-leader-election"]["rules"]
            if rule["resources"] == ["leases"]
        ]
        assert held == [(["create"], None), (["get", "update"], [f"{name}-lock"])]
        (container,) = objects[f"Deployment/{name}"]["spec"]["template"]["spec"]["containers"]
        assert f"--leader-election-lock-name={name}-lock" in container["args"]


def test_the_webhook_reads_the_one_secret_of_its_certificate() -> None:
    assert operator()["Role/spark-operator-webhook-certificate"]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "verbs": ["get"],
            "resourceNames": ["spark-operator-webhook-certs"],
        }
    ]
    assert operator()["Certificate/spark-operator-webhook"]["spec"]["secretName"] == (
        "spark-operator-webhook-certs"
    )


def test_the_webhook_leaves_its_configurations_to_cert_manager_and_looks_at_jobs_only() -> None:
    objects = operator()
    (server,) = objects["Deployment/spark-operator-webhook"]["spec"]["template"]["spec"]["containers"]
    assert "--enable-cert-manager=true" in server["args"]
    for verb in ("Mutating", "Validating"):
        configuration = objects[f"{verb}WebhookConfiguration/spark-operator-webhook"]
        assert configuration["metadata"]["annotations"] == {
            "cert-manager.io/inject-ca-from": "spark-operator/spark-operator-webhook"
        }
        for webhook in configuration["webhooks"]:
            (expression,) = webhook["namespaceSelector"]["matchExpressions"]
            assert expression["values"] == ["spark-jobs"]
    pods = objects["MutatingWebhookConfiguration/spark-operator-webhook"]["webhooks"][0]
    assert pods["clientConfig"]["service"]["path"] == "/mutate--v1-pod"
    assert pods["objectSelector"] == {
        "matchLabels": {"sparkoperator.k8s.io/launched-by-spark-operator": "true"}
    }


def test_the_webhook_waits_until_its_certificate_is_there() -> None:
    volumes = operator()["Deployment/spark-operator-webhook"]["spec"]["template"]["spec"]["volumes"]
    assert {"secretName": "spark-operator-webhook-certs", "defaultMode": 416} in [
        volume.get("secret") for volume in volumes
    ]


def test_the_controller_has_memory_for_the_jvm_of_each_submission() -> None:
    (manager,) = operator()["Deployment/spark-operator-controller"]["spec"]["template"]["spec"]["containers"]
    assert "--controller-threads=4" in manager["args"]
    assert "--namespaces=spark-jobs" in manager["args"]
    assert manager["resources"]["limits"]["memory"] == "4Gi"
    assert {"name": "tmp", "mountPath": "/tmp"} in manager["volumeMounts"]  # noqa: S108


def test_drivers_get_executors_and_executors_get_nothing_from_kubernetes() -> None:
    objects = rendered(SparkJobs(App(), spark_environment()))
    assert objects["RoleBinding/spark-driver"]["subjects"][0]["name"] == "spark-driver"
    assert objects["Role/spark-driver"]["rules"][0]["resources"] == [
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "services",
    ]
    spec = application()["template"]
    assert spec["driver"]["template"]["spec"]["automountServiceAccountToken"] is True
    assert spec["executor"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_jobs_may_list_whole_buckets_or_s3a_takes_missing_for_forbidden() -> None:
    driver, executor = SparkJobs(App(), spark_environment()).pod_identities()
    assert driver.policies == executor.policies
    assert driver.policies["event-logs"] == [
        {
            "Sid": "ListBucket",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::genai-artifacts"],
        },
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": ["arn:aws:s3:::genai-artifacts/spark*"],
        },
    ]
    assert driver.policies["data"][1]["Action"] == ["s3:GetObject"]
    assert driver.policies["results"][1]["Resource"] == ["arn:aws:s3:::genai-data/text/tokens/*"]


def test_the_pipeline_runs_only_when_the_environment_says_so() -> None:
    assert application()["suspend"] is True
    assert application(suspend=False)["suspend"] is False


def test_the_driver_is_on_demand_and_left_alone_and_executors_are_on_spot() -> None:
    spec = application()["template"]
    driver, executor = spec["driver"]["template"], spec["executor"]["template"]
    assert driver["spec"]["nodeSelector"] == {
        "genai-on-eks/accelerator": "none",
        "genai-on-eks/purpose": "batch",
        "karpenter.sh/capacity-type": "on-demand",
    }
    assert driver["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}
    assert executor["spec"]["nodeSelector"]["karpenter.sh/capacity-type"] == "spot"
    assert executor["spec"]["terminationGracePeriodSeconds"] == 120


def test_an_executor_that_is_taken_away_hands_on_its_blocks_and_is_replaced() -> None:
    spec = application(executors={"min": 2, "max": 20})["template"]
    assert spec["dynamicAllocation"] == {
        "enabled": True,
        "initialExecutors": 2,
        "minExecutors": 2,
        "maxExecutors": 20,
        "shuffleTrackingEnabled": True,
    }
    assert "instances" not in spec["executor"]
    for setting in ("decommission", "storage.decommission", "storage.decommission.shuffleBlocks"):
        assert spec["sparkConf"][f"spark.{setting}.enabled"] == "true"


def test_what_spark_asks_for_is_what_the_template_asks_for() -> None:
    executor = application(executors={"memory_gib": 10, "overhead_gib": 6, "cores": 3})["template"][
        "executor"
    ]
    (container,) = executor["template"]["spec"]["containers"]
    assert (executor["memory"], executor["memoryOverhead"], executor["cores"]) == ("10g", "6g", 3)
    assert container["resources"]["limits"] == {"cpu": "3", "memory": "16Gi"}
    assert container["name"] == "spark-kubernetes-executor"


def test_the_history_server_reads_what_jobs_write() -> None:
    objects = rendered(SparkHistory(App(), spark_environment()))
    text = objects["ConfigMap/spark-history"]["data"]["history.conf"]
    folder = application()["template"]["sparkConf"]["spark.eventLog.dir"]
    assert folder == "s3a://genai-artifacts/spark/events"
    assert f"spark.history.fs.logDirectory {folder}\n" in text
    (init,) = objects["Deployment/spark-history"]["spec"]["template"]["spec"]["initContainers"]
    assert init["args"][-3:] == ["-mkdir", "-p", folder]


def test_the_history_server_is_behind_the_login_and_healthy_when_it_answers() -> None:
    objects = rendered(SparkHistory(App(), spark_environment()))
    annotations = objects["Ingress/spark-history"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/auth-type"] == "cognito"
    assert annotations["alb.ingress.kubernetes.io/healthcheck-path"] == "/api/v1/version"
    (server,) = objects["Deployment/spark-history"]["spec"]["template"]["spec"]["containers"]
    assert server["readinessProbe"]["httpGet"] == {"path": "/api/v1/version", "port": "http"}
    assert objects["NetworkPolicy/spark-history"]["spec"]["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}], "ports": [{"port": 18080, "protocol": "TCP"}]}
    ]
