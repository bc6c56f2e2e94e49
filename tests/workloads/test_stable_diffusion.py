import json
from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.objects import Body
from charts_src.workloads.stable_diffusion import StableDiffusionServing
from tests.ray_environment import GPU, INF2, environment, rendered

RAY_FIELDS = {
    "config": "proxy_location http_options grpc_options controller_options logging_config tracing_config"
    " applications",
    "http_options": "host port root_path request_timeout_s keep_alive_timeout_s ssl_keyfile ssl_certfile"
    " ssl_keyfile_password ssl_ca_certs",
    "application": "name route_prefix import_path runtime_env host port deployments autoscaling_policy args"
    " logging_config external_scaler_enabled",
    "deployment": "name num_replicas max_ongoing_requests max_queued_requests backpressure_config user_config"
    " autoscaling_config graceful_shutdown_wait_loop_s graceful_shutdown_timeout_s health_check_period_s"
    " health_check_timeout_s ray_actor_options placement_group_bundles placement_group_strategy"
    " placement_group_bundle_label_selector max_replicas_per_node logging_config request_router_config"
    " gang_scheduling_config deployment_actors rolling_update_percentage max_surge_percent",
    "ray_actor_options": "runtime_env num_cpus num_gpus memory resources accelerator_type label_selector"
    " fallback_strategy",
    "autoscaling_config": "min_replicas initial_replicas max_replicas target_ongoing_requests"
    " metrics_interval_s look_back_period_s upscaling_factor downscaling_factor downscale_delay_s"
    " downscale_to_zero_delay_s upscale_delay_s aggregation_function policy",
    "backpressure_config": "status_code retry_after_s",
}
"""Fields that Ray 2.60.0 knows; it ignores all others without a word.

Source: ServeDeploySchema, HTTPOptionsSchema, ServeApplicationSchema, DeploymentSchema and
RayActorOptionsSchema in ray/serve/schema.py, AutoscalingConfig in ray/serve/config.py. Without
target_capacity, which the operator sets, and the deprecated smoothing factors.
"""

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


@pytest.fixture(scope="module")
def objects() -> dict[str, Body]:
    return rendered(StableDiffusionServing(App(), environment()))


def spec_of(objects: dict[str, Body], variant: str) -> Any:
    return objects[f"RayService/stable-diffusion-{variant}"]["spec"]


def workers_of(objects: dict[str, Body], variant: str) -> Any:
    (group,) = spec_of(objects, variant)["rayClusterConfig"]["workerGroupSpecs"]
    return group


def test_the_serve_configuration_of_the_gpu_variant(objects: dict[str, Body]) -> None:
    shared = {
        "health_check_period_s": 10,
        "health_check_timeout_s": 30,
        "backpressure_config": {"status_code": 429, "retry_after_s": 5},
    }
    frontend = {
        "name": "Frontend",
        "num_replicas": 2,
        "max_replicas_per_node": 1,
        "max_ongoing_requests": 100,
        "max_queued_requests": 100,
        "ray_actor_options": {"num_cpus": 1},
    }
    model = {
        "name": "TextToImage",
        "autoscaling_config": {"min_replicas": 2, "max_replicas": 4, "target_ongoing_requests": 1},
        "max_ongoing_requests": 2,
        "max_queued_requests": 8,
        "graceful_shutdown_timeout_s": 120,
        "ray_actor_options": {"num_cpus": 1, "num_gpus": 1},
    }
    assert yaml.safe_load(spec_of(objects, "gpu")["serveConfigV2"]) == {
        "proxy_location": "EveryNode",
        "http_options": {
            "host": "0.0.0.0",  # noqa: S104
            "port": 8000,
            "request_timeout_s": 125,
            "keep_alive_timeout_s": 610,
        },
        "logging_config": {"encoding": "JSON", "log_level": "INFO"},
        "applications": [
            {
                "name": "stable-diffusion",
                "route_prefix": "/",
                "import_path": "stable_diffusion_serve.app:build",
                "args": {
                    "model_source": "stabilityai/stable-diffusion-xl-base-1.0",
                    "device": "cuda",
                    "batch_size": 1,
                    "batch_wait_seconds": 0.05,
                    "timeout_seconds": 120,
                    "limits": {"prompt_characters": 2000, "side": 1024, "steps": 60, "images": 4},
                },
                "deployments": [frontend | shared, model | shared],
            }
        ],
    }


def test_on_inferentia_serve_asks_for_neuron_cores(objects: dict[str, Body]) -> None:
    config = yaml.safe_load(spec_of(objects, "inf2")["serveConfigV2"])
    assert config["applications"][0]["args"]["device"] == "neuron"
    assert config["applications"][0]["deployments"][1] == {
        "name": "TextToImage",
        "autoscaling_config": {"min_replicas": 1, "max_replicas": 2, "target_ongoing_requests": 3},
        "max_ongoing_requests": 6,
        "max_queued_requests": 8,
        "backpressure_config": {"status_code": 429, "retry_after_s": 5},
        "graceful_shutdown_timeout_s": 120,
        "health_check_period_s": 10,
        "health_check_timeout_s": 30,
        "ray_actor_options": {"num_cpus": 1, "resources": {"neuron_cores": 4}},
    }


@pytest.mark.parametrize("variant", ["gpu", "inf2"])
def test_ray_knows_every_field_of_the_serve_configuration(objects: dict[str, Body], variant: str) -> None:
    config = yaml.safe_load(spec_of(objects, variant)["serveConfigV2"])
    (application,) = config["applications"]
    frontend, model = application["deployments"]
    parts = [
        ("config", config),
        ("http_options", config["http_options"]),
        ("application", application),
        ("deployment", frontend),
        ("deployment", model),
        ("ray_actor_options", frontend["ray_actor_options"]),
        ("ray_actor_options", model["ray_actor_options"]),
        ("autoscaling_config", model["autoscaling_config"]),
        ("backpressure_config", model["backpressure_config"]),
    ]
    assert [(name, set(part) - set(RAY_FIELDS[name].split())) for name, part in parts] == [
        (name, set()) for name, _ in parts
    ]


def test_the_pod_of_a_gpu_worker(objects: dict[str, Body]) -> None:
    template = workers_of(objects, "gpu")["template"]
    assert template["metadata"] == {"labels": {"app.kubernetes.io/instance": "stable-diffusion-gpu"}}
    assert template["spec"] == {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "ray-worker",
                "image": "registry.example.com/genai/stable-diffusion-serve-gpu:0.1.0",
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": "HOME", "value": "/tmp"}, {"name": "HF_HOME", "value": "/models"}],  # noqa: S108
                "ports": [
                    {"name": "serve", "containerPort": 8000, "protocol": "TCP"},
                    {"name": "metrics", "containerPort": 8080, "protocol": "TCP"},
                ],
                "resources": {
                    "requests": {
                        "cpu": "6",
                        "memory": "24Gi",
                        "nvidia.com/gpu": "1",
                        "ephemeral-storage": "60Gi",
                    },
                    "limits": {"cpu": "6", "memory": "24Gi", "nvidia.com/gpu": "1"},
                },
                "securityContext": RESTRICTED,
                "livenessProbe": {
                    "httpGet": {"path": "/api/healthz", "port": 52365},
                    "initialDelaySeconds": 30,
                    "periodSeconds": 5,
                    "timeoutSeconds": 5,
                    "failureThreshold": 120,
                },
                "readinessProbe": {
                    "httpGet": {"path": "/-/healthz", "port": "serve"},
                    "initialDelaySeconds": 10,
                    "periodSeconds": 5,
                    "timeoutSeconds": 2,
                    "failureThreshold": 1,
                },
                "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 120 && ray stop"]}}},
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                    {"name": "ray-logs", "mountPath": "/tmp/ray"},  # noqa: S108
                    {"name": "shared-mem", "mountPath": "/dev/shm"},  # noqa: S108
                    {"name": "models", "mountPath": "/models"},
                ],
            }
        ],
        "nodeSelector": {"genai-on-eks/accelerator": "nvidia", "genai-on-eks/purpose": "inference"},
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": "stable-diffusion-gpu",
        "terminationGracePeriodSeconds": 150,
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "5Gi"}},
            {"name": "ray-logs", "emptyDir": {"sizeLimit": "5Gi"}},
            {"name": "shared-mem", "emptyDir": {"sizeLimit": "3Gi", "medium": "Memory"}},
            {"name": "models", "emptyDir": {"sizeLimit": "50Gi"}},
        ],
    }


def test_there_is_one_worker_for_each_copy_of_the_model(objects: dict[str, Body]) -> None:
    group = workers_of(objects, "gpu")
    counts = [group[field] for field in ("replicas", "minReplicas", "maxReplicas", "numOfHosts")]
    assert counts == [2, 2, 4, 1]
    assert group["scaleStrategy"] == {}  # as the operator writes it back


def test_ray_hears_about_neuron_cores_where_kubernetes_counts_devices(objects: dict[str, Body]) -> None:
    group = workers_of(objects, "inf2")
    limits = group["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits["aws.amazon.com/neuron"] == "2"
    assert group["resources"] == {"neuron_cores": "4"}
    assert not {"num-cpus", "num-gpus", "memory", "resources"} & set(group["rayStartParams"])
    assert "resources" not in workers_of(objects, "gpu")


def test_metrics_of_neuron_devices_name_the_worker_that_uses_them(objects: dict[str, Body]) -> None:
    (worker,) = workers_of(objects, "inf2")["template"]["spec"]["containers"]
    assert worker["env"][-1] == {"name": "NEURON_PROCESS_TAG", "value": "$(POD_NAMESPACE)/$(POD_NAME)"}


def test_the_head_schedules_but_does_not_work_and_is_left_in_place(objects: dict[str, Body]) -> None:
    head = spec_of(objects, "gpu")["rayClusterConfig"]["headGroupSpec"]
    assert head["rayStartParams"]["num-cpus"] == "0"
    assert head["template"]["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}
    assert head["template"]["spec"]["nodeSelector"]["genai-on-eks/purpose"] == "system"
    assert spec_of(objects, "gpu")["excludeHeadPodFromServeSvc"] is True


def test_the_label_that_the_service_of_the_head_selects_is_the_operators(objects: dict[str, Body]) -> None:
    cluster = spec_of(objects, "gpu")["rayClusterConfig"]
    templates = [cluster["headGroupSpec"]["template"], cluster["workerGroupSpecs"][0]["template"]]
    assert [set(template["metadata"]["labels"]) for template in templates] == [
        {"app.kubernetes.io/instance"},
        {"app.kubernetes.io/instance"},
    ]


def test_only_the_autoscaler_gets_a_token_of_the_kubernetes_api(objects: dict[str, Body]) -> None:
    cluster = spec_of(objects, "gpu")["rayClusterConfig"]
    options, head = cluster["autoscalerOptions"], cluster["headGroupSpec"]["template"]["spec"]
    token = {
        "name": "api-token",
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        "readOnly": True,
    }
    assert head["automountServiceAccountToken"] is False
    assert token in options["volumeMounts"]
    assert token not in head["containers"][0]["volumeMounts"]
    assert head["serviceAccountName"] == "stable-diffusion-gpu-head"


def test_the_container_that_the_operator_adds_is_restricted_too(objects: dict[str, Body]) -> None:
    options = spec_of(objects, "gpu")["rayClusterConfig"]["autoscalerOptions"]
    assert options["securityContext"] == RESTRICTED


def test_the_dashboard_asks_for_a_token(objects: dict[str, Body]) -> None:
    assert spec_of(objects, "gpu")["rayClusterConfig"]["authOptions"] == {"mode": "token"}
    assert spec_of(objects, "gpu")["rayClusterConfig"]["rayVersion"] == "2.60.0"


def test_a_service_never_gives_up_waiting_for_nodes(objects: dict[str, Body]) -> None:
    assert "annotations" not in objects["RayService/stable-diffusion-gpu"]["metadata"]


def test_the_old_cluster_outlives_its_last_request(objects: dict[str, Body]) -> None:
    assert spec_of(objects, "gpu")["upgradeStrategy"] == {"type": "NewCluster"}
    assert spec_of(objects, "gpu")["rayClusterDeletionDelaySeconds"] == 180


def test_only_what_is_needed_may_talk_to_the_pods(objects: dict[str, Body]) -> None:
    service = "stable-diffusion-gpu"
    policies = {
        name: objects[f"NetworkPolicy/{service}-{name}"]["spec"] for name in ("cluster", "head", "worker")
    }
    instance = {"app.kubernetes.io/instance": service}
    own = [{"podSelector": {"matchLabels": instance}}]
    operator = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kuberay-system"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "kuberay-operator"}},
    }
    prometheus = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
    }
    assert policies["cluster"]["podSelector"] == {"matchLabels": instance}
    assert policies["head"]["podSelector"] == {"matchLabels": instance | {"ray.io/node-type": "head"}}
    assert policies["worker"]["podSelector"] == {"matchLabels": instance | {"ray.io/node-type": "worker"}}
    assert {name: policy["ingress"] for name, policy in policies.items()} == {
        "cluster": [
            {"from": own},
            {"from": [prometheus], "ports": [{"port": 8080, "protocol": "TCP"}]},
        ],
        "head": [{"from": [operator], "ports": [{"port": 8265, "protocol": "TCP"}]}],
        "worker": [
            {"from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}], "ports": [{"port": 8000, "protocol": "TCP"}]}
        ],
    }


def test_notebooks_may_call_the_service_where_there_are_notebooks() -> None:
    jupyterhub = {
        "oauth_client_id": "hub-client",
        "profiles": {"cpu": {"title": "CPU", "description": "For data", "cpus": 2, "memory_gib": 8}},
    }
    objects = rendered(StableDiffusionServing(App(), environment(jupyterhub=jupyterhub)))
    notebooks = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "notebook"}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "notebooks"}},
    }
    assert objects["NetworkPolicy/stable-diffusion-gpu-worker"]["spec"]["ingress"] == [
        {
            "from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, notebooks],
            "ports": [{"port": 8000, "protocol": "TCP"}],
        }
    ]


def test_workers_reach_model_stores_and_credentials_but_not_the_instance_metadata(
    objects: dict[str, Body],
) -> None:
    assert objects["NetworkPolicy/stable-diffusion-gpu-worker"]["spec"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
        {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": [{"port": 80, "protocol": "TCP"}]},
    ]


def test_the_ingress_leads_to_the_service_that_follows_the_active_cluster(objects: dict[str, Body]) -> None:
    assert objects["Ingress/stable-diffusion-gpu"]["spec"] == {
        "ingressClassName": "alb",
        "rules": [
            {
                "host": "images.dev.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {
                                "service": {
                                    "name": "stable-diffusion-gpu-serve-svc",
                                    "port": {"number": 8000},
                                }
                            },
                        }
                    ]
                },
            }
        ],
    }


def test_the_load_balancer_has_tls_a_login_and_known_callers(objects: dict[str, Body]) -> None:
    prefix = "alb.ingress.kubernetes.io/"
    annotations = objects["Ingress/stable-diffusion-gpu"]["metadata"]["annotations"]
    assert {key.removeprefix(prefix): value for key, value in annotations.items()} == {
        "group.name": "genai-on-eks",
        "scheme": "internal",
        "inbound-cidrs": "10.0.0.0/8,192.0.2.0/24",
        "listen-ports": '[{"HTTPS":443}]',
        "certificate-arn": "arn:aws:acm:us-west-2:111122223333:certificate/0",
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "load-balancer-attributes": "idle_timeout.timeout_seconds=600,"
        "routing.http.drop_invalid_header_fields.enabled=true",
        "target-type": "ip",
        "healthcheck-path": "/-/healthz",
        "healthcheck-interval-seconds": "10",
        "target-group-attributes": "deregistration_delay.timeout_seconds=120,"
        "load_balancing.algorithm.type=least_outstanding_requests",
        "auth-type": "cognito",
        "auth-idp-cognito": '{"userPoolARN":"arn:aws:cognito-idp:us-west-2:111122223333:userpool/'
        'us-west-2_example","userPoolClientID":"example","userPoolDomain":"login"}',
        "auth-on-unauthenticated-request": "authenticate",
    }


def test_the_login_may_be_any_openid_connect_provider() -> None:
    ingress = environment().ingress.model_dump(mode="json", exclude={"cognito"}) | {
        "oidc": {
            "issuer": "https://id.example.com",
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://id.example.com/token",
            "user_info_endpoint": "https://id.example.com/userinfo",
            "secret_name": "login",
        }
    }
    objects = rendered(StableDiffusionServing(App(), environment(ingress=ingress)))
    annotations = objects["Ingress/stable-diffusion-inf2"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/auth-type"] == "oidc"
    assert json.loads(annotations["alb.ingress.kubernetes.io/auth-idp-oidc"]) == {
        "issuer": "https://id.example.com",
        "authorizationEndpoint": "https://id.example.com/authorize",
        "tokenEndpoint": "https://id.example.com/token",
        "userInfoEndpoint": "https://id.example.com/userinfo",
        "secretName": "login",
    }
    assert "alb.ingress.kubernetes.io/auth-idp-cognito" not in annotations


def test_a_drain_may_take_one_worker_and_a_single_one_is_no_obstacle(objects: dict[str, Body]) -> None:
    budgets = {name: body["spec"] for name, body in objects.items() if body["kind"] == "PodDisruptionBudget"}
    assert budgets == {
        "PodDisruptionBudget/stable-diffusion-gpu": {
            "minAvailable": 1,
            "selector": {
                "matchLabels": {
                    "app.kubernetes.io/instance": "stable-diffusion-gpu",
                    "ray.io/node-type": "worker",
                }
            },
        }
    }


def test_the_component_is_there_when_the_section_is() -> None:
    assert StableDiffusionServing.enabled(environment())
    assert not StableDiffusionServing.enabled(environment(stable_diffusion=None))


@pytest.mark.parametrize(("section", "names"), [({"gpu": GPU}, {"gpu"}), ({"inf2": INF2}, {"inf2"})])
def test_each_variant_stands_alone(section: dict[str, Any], names: set[str]) -> None:
    objects = rendered(StableDiffusionServing(App(), environment(stable_diffusion=section)))
    services = {name for name in objects if name.startswith("RayService/")}
    assert services == {f"RayService/stable-diffusion-{name}" for name in names}
