import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cdk8s import App

from charts_src.components.jupyterhub import JupyterHubComponent
from charts_src.lib import jupyterhub_pods
from charts_src.lib.notebooks import home_claim, profile_pods, profiles
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.policy import images, pods
from tests import ray_environment
from tests.notebook_environment import JUPYTERHUB, POOLS, PROFILES, environment
from tests.ray_environment import rendered

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def hub_objects(env: Environment | None = None, **section: Any) -> dict[str, Body]:
    env = env or environment(jupyterhub=JUPYTERHUB | section)
    return rendered(JupyterHubComponent(App(), env))


def settings(env: Environment | None = None, **section: Any) -> Any:
    return json.loads(hub_objects(env, **section)["ConfigMap/hub"]["data"]["settings.json"])


def choices(**section: Any) -> dict[str, Any]:
    listed = settings(**section)["KubeSpawner"]["profile_list"]
    return {choice["slug"]: choice["kubespawner_override"] for choice in listed}


def container_of(objects: dict[str, Body], name: str) -> Any:
    (container,) = objects[name]["spec"]["template"]["spec"]["containers"]
    return container


class Section(dict[str, Any]):
    """Stands for a section of traitlets' Config."""


class Config(dict[str, Section]):
    """Stands for traitlets' Config, which makes sections as they are asked for."""

    def __missing__(self, name: str) -> Section:
        self[name] = Section()
        return self[name]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Run the configuration file as JupyterHub does, beside its settings."""
    client = ModuleType("tornado.httpclient")
    client.AsyncHTTPClient = type("AsyncHTTPClient", (), {"configure": staticmethod(lambda _: None)})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tornado", ModuleType("tornado"))
    monkeypatch.setitem(sys.modules, "tornado.httpclient", client)
    data = hub_objects()["ConfigMap/hub"]["data"]
    for name, text in data.items():
        (tmp_path / name).write_text(text)
    config = Config()
    path = tmp_path / "jupyterhub_config.py"
    names = {"get_config": lambda: config, "__file__": str(path)}
    exec(path.read_text(), names)  # noqa: S102  # our own file
    return config


def test_the_configuration_file_applies_every_setting(configured: Config) -> None:
    expected = settings()
    for choice in expected["KubeSpawner"]["profile_list"] + configured["KubeSpawner"]["profile_list"]:
        del choice["kubespawner_override"]["pvc_name"]
    assert configured == expected


def test_the_name_of_a_home_is_filled_in_when_its_server_starts(configured: Config) -> None:
    class Spawner:
        def _expand_user_properties(self, template: str) -> str:
            return template.format(user_server="alice")

    overrides = {
        choice["slug"]: choice["kubespawner_override"]["pvc_name"](Spawner())
        for choice in configured["KubeSpawner"]["profile_list"]
    }
    assert overrides == {"cpu": "home-alice", "gpu": "home-alice", "trainium": "zone-b-home-alice"}


def test_the_profiles_are_those_that_have_nodes() -> None:
    assert settings()["KubeSpawner"]["profile_list"] == [
        {
            "slug": "cpu",
            "display_name": "CPU",
            "description": "For data",
            "kubespawner_override": {
                "image": "registry.example.com/genai/notebook:0.1.0",
                "cpu_guarantee": 2,
                "mem_guarantee": "8G",
                "mem_limit": "8G",
                "extra_resource_guarantees": {"ephemeral-storage": "10Gi"},
                "extra_resource_limits": {},
                "node_selector": {"genai-on-eks/accelerator": "none", "genai-on-eks/purpose": "system"},
                "tolerations": [],
                "volumes": [
                    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
                    {"name": "tmp", "emptyDir": {"sizeLimit": "10Gi"}},
                    {"name": "shm", "emptyDir": {"sizeLimit": "2Gi", "medium": "Memory"}},
                    {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}},
                ],
                "pvc_name": "home-{user_server}",
            },
        },
        {
            "slug": "gpu",
            "display_name": "GPU",
            "description": "For models",
            "kubespawner_override": {
                "image": "registry.example.com/genai/notebook-gpu:0.1.0",
                "cpu_guarantee": 4,
                "mem_guarantee": "24G",
                "mem_limit": "24G",
                "extra_resource_guarantees": {"ephemeral-storage": "10Gi", "nvidia.com/gpu": "1"},
                "extra_resource_limits": {"nvidia.com/gpu": "1"},
                "node_selector": {"genai-on-eks/accelerator": "nvidia", "genai-on-eks/purpose": "inference"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "volumes": [
                    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
                    {"name": "tmp", "emptyDir": {"sizeLimit": "10Gi"}},
                    {"name": "shm", "emptyDir": {"sizeLimit": "8Gi", "medium": "Memory"}},
                    {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}},
                ],
                "pvc_name": "home-{user_server}",
            },
        },
        {
            "slug": "trainium",
            "display_name": "Trainium",
            "description": "For training",
            "kubespawner_override": {
                "image": "registry.example.com/genai/notebook-neuron:0.1.0",
                "cpu_guarantee": 8,
                "mem_guarantee": "64G",
                "mem_limit": "64G",
                "extra_resource_guarantees": {"ephemeral-storage": "10Gi", "aws.amazon.com/neuron": "2"},
                "extra_resource_limits": {"aws.amazon.com/neuron": "2"},
                "node_selector": {"genai-on-eks/accelerator": "trainium", "genai-on-eks/purpose": "training"},
                "tolerations": [
                    {"key": "aws.amazon.com/neuron", "operator": "Exists", "effect": "NoSchedule"}
                ],
                "volumes": [
                    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
                    {"name": "tmp", "emptyDir": {"sizeLimit": "10Gi"}},
                    {"name": "shm", "emptyDir": {"sizeLimit": "2Gi", "medium": "Memory"}},
                    {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}},
                ],
                "pvc_name": "zone-b-home-{user_server}",
            },
        },
    ]


def test_the_pod_of_a_server() -> None:
    gpu = dict(profile_pods(environment()))["gpu"]
    assert gpu == {
        "containers": [
            {
                "name": "notebook",
                "image": "registry.example.com/genai/notebook-gpu:0.1.0",
                "imagePullPolicy": "IfNotPresent",
                "args": ["jupyterhub-singleuser"],
                "env": [
                    {"name": "AWS_REGION", "value": "us-west-2"},
                    {"name": "RAY_ADDRESS", "value": "ray://shared-head-svc.ray.svc:10001"},
                    {"name": "RAY_API_SERVER_ADDRESS", "value": "http://shared-head-svc.ray.svc:8265"},
                    {"name": "RAY_AUTH_MODE", "value": "token"},
                    {
                        "name": "RAY_AUTH_TOKEN",
                        "valueFrom": {
                            "secretKeyRef": {"name": "ray-token", "key": "auth_token", "optional": True}
                        },
                    },
                ],
                "ports": [{"name": "notebook-port", "containerPort": 8888, "protocol": "TCP"}],
                "resources": {
                    "requests": {
                        "cpu": "4",
                        "memory": "24Gi",
                        "ephemeral-storage": "10Gi",
                        "nvidia.com/gpu": "1",
                    },
                    "limits": {"memory": "24Gi", "nvidia.com/gpu": "1"},
                },
                "securityContext": RESTRICTED,
                "volumeMounts": [
                    {"name": "home", "mountPath": "/home/jovyan"},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                    {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
                    {"name": "fsx", "mountPath": "/home/jovyan/shared", "subPath": "notebooks"},
                    {"name": "fsx", "mountPath": "/home/jovyan/data", "readOnly": True, "subPath": "data"},
                ],
            }
        ],
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "fsGroupChangePolicy": "OnRootMismatch",
        },
        "serviceAccountName": "notebook",
        "enableServiceLinks": False,
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "10Gi"}},
            {"name": "shm", "emptyDir": {"sizeLimit": "8Gi", "medium": "Memory"}},
            {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}},
        ],
        "nodeSelector": {"genai-on-eks/accelerator": "nvidia", "genai-on-eks/purpose": "inference"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    }


@pytest.mark.parametrize("rule", [pods.restricted, pods.resources, pods.own_account, images.exact])
def test_the_policies_hold_for_the_pods_that_the_hub_will_make(rule: Any) -> None:
    specs = dict(profile_pods(environment()))
    assert {name: list(rule(spec)) for name, spec in specs.items()} == {
        "cpu": [],
        "gpu": [],
        "trainium": [],
    }


def test_what_all_servers_have_in_common() -> None:
    spawner = settings()["KubeSpawner"]
    del spawner["profile_list"], spawner["volume_mounts"], spawner["environment"]
    assert spawner == {
        "namespace": "notebooks",
        "pod_name_template": "notebook-{user_server}",
        "common_labels": {
            "app.kubernetes.io/name": "notebook",
            "app.kubernetes.io/managed-by": "kubespawner",
        },
        "extra_annotations": {"karpenter.sh/do-not-disrupt": "true"},
        "service_account": "notebook",
        "automount_service_account_token": False,
        "pod_security_context": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "fsGroupChangePolicy": "OnRootMismatch",
        },
        "container_security_context": RESTRICTED,
        "extra_pod_config": {"enableServiceLinks": False},
        "image_pull_policy": "IfNotPresent",
        "port": 8888,
        "cmd": ["jupyterhub-singleuser"],
        "args": [],
        "storage_pvc_ensure": True,
        "storage_class": "gp3",
        "storage_access_modes": ["ReadWriteOnce"],
        "storage_capacity": "20Gi",
        "pvc_name_template": "home-{user_server}",
        "remember_pvc_name": False,
        "delete_pvc": False,
        "start_timeout": 1200,
        "http_timeout": 120,
        "consecutive_failure_limit": 0,
    }


def test_a_home_is_only_shared_by_profiles_whose_nodes_are_in_the_same_zones() -> None:
    elsewhere = POOLS | {"gpu": POOLS["gpu"] | {"zones": ["us-west-2a"]}}
    env = environment(karpenter={"node_role": "genai-node", "node_pools": elsewhere})
    claims = {name: home_claim(env, profile) for name, profile in profiles(env).items()}
    assert claims == {
        "cpu": "home-{user_server}",
        "gpu": "zone-a-home-{user_server}",
        "trainium": "zone-b-home-{user_server}",
    }


def test_the_hub_may_make_servers_and_homes_in_their_namespace_and_nothing_else() -> None:
    objects = hub_objects()
    role, binding = objects["Role/kubespawner"], objects["RoleBinding/kubespawner"]
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == "notebooks"
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["create", "get"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list", "watch"]},
    ]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "hub", "namespace": "jupyterhub"}]
    assert not [name for name in objects if name.startswith("ClusterRole")]


def test_secrets_reach_the_programs_by_variables_that_they_read_themselves() -> None:
    objects = hub_objects()
    variables = {
        item["name"]: item["valueFrom"]["secretKeyRef"]
        for item in container_of(objects, "Deployment/hub")["env"]
        if "valueFrom" in item
    }
    assert variables == {
        "CONFIGPROXY_AUTH_TOKEN": {"name": "jupyterhub", "key": "proxy-auth-token"},
        "JPY_COOKIE_SECRET": {"name": "jupyterhub", "key": "cookie-secret"},
        "OAUTH_CLIENT_SECRET": {"name": "jupyterhub", "key": "oauth-client-secret"},
    }
    remote = objects["ExternalSecret/jupyterhub"]["spec"]["data"]
    assert {item["secretKey"] for item in remote} == {key["key"] for key in variables.values()}
    assert {item["remoteRef"]["key"] for item in remote} == {"genai-dev/jupyterhub"}


def test_the_hub() -> None:
    deployment = hub_objects()["Deployment/hub"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    hub = container_of(hub_objects(), "Deployment/hub")
    assert hub["image"] == "quay.io/jupyterhub/k8s-hub:4.4.0"
    assert hub["args"] == [
        "jupyterhub",
        "--config",
        "/usr/local/etc/jupyterhub/jupyterhub_config.py",
        "--upgrade-db",
    ]
    assert hub["readinessProbe"]["httpGet"] == {"path": "/hub/health", "port": "http"}
    assert hub["securityContext"] == RESTRICTED
    assert settings()["JupyterHub"]["db_url"] == "sqlite:////srv/jupyterhub/jupyterhub.sqlite"
    assert {"name": "state", "persistentVolumeClaim": {"claimName": "hub-db-dir"}} in deployment["template"][
        "spec"
    ]["volumes"]


def test_a_new_configuration_makes_a_new_pod_of_the_hub() -> None:
    def mark(**section: Any) -> Any:
        template = hub_objects(**section)["Deployment/hub"]["spec"]["template"]
        return template["metadata"]["annotations"]["genai-on-eks/configuration"]

    assert mark() == mark()
    assert mark() != mark(idle_minutes=30)


def test_postgresql_takes_the_place_of_the_volume_and_is_upgraded_only_if_that_is_said() -> None:
    database = {"host": "db.example.com"}
    objects = hub_objects(database=database)
    assert "PersistentVolumeClaim/hub-db-dir" not in objects
    assert "--upgrade-db" not in container_of(objects, "Deployment/hub")["args"]
    upgraded = hub_objects(database=database | {"upgrade": True})
    assert "--upgrade-db" in container_of(upgraded, "Deployment/hub")["args"]
    url = "postgresql+psycopg2://jupyterhub@db.example.com:5432/jupyterhub?sslmode=require"
    assert settings(database=database)["JupyterHub"]["db_url"] == url
    assert "database-password" in {
        item["secretKey"] for item in objects["ExternalSecret/jupyterhub"]["spec"]["data"]
    }
    egress = objects["NetworkPolicy/hub"]["spec"]["egress"]
    assert {
        "to": [{"ipBlock": {"cidr": "10.64.0.0/16"}}],
        "ports": [{"port": 5432, "protocol": "TCP"}],
    } in egress


def test_the_proxy_knows_the_hub_by_name_and_takes_the_headers_of_the_load_balancer() -> None:
    proxy = container_of(hub_objects(), "Deployment/proxy")
    assert proxy["image"] == "quay.io/jupyterhub/configurable-http-proxy:5.2.0"
    assert proxy["command"] == ["configurable-http-proxy"]
    assert proxy["args"] == [
        "--ip=",
        "--api-ip=",
        "--api-port=8001",
        "--default-target=http://hub.jupyterhub.svc:8081",
        "--error-target=http://hub.jupyterhub.svc:8081/hub/error",
        "--metrics-port=8002",
        "--port=8000",
    ]
    assert {"name": "NODE_OPTIONS", "value": "--max-http-header-size=65536"} in proxy["env"]


def test_everyone_who_passes_the_login_of_the_user_pool_may_use_notebooks() -> None:
    assert settings()["GenericOAuthenticator"] == {
        "client_id": "hub-client",
        "oauth_callback_url": "https://notebooks.dev.example.com/hub/oauth_callback",
        "login_service": "your account",
        "auto_login": True,
        "enable_auth_state": False,
        "scope": ["openid", "email", "profile"],
        "username_claim": "cognito:username",
        "allow_all": True,
        "authorize_url": "https://login.auth.us-west-2.amazoncognito.com/oauth2/authorize",
        "token_url": "https://login.auth.us-west-2.amazoncognito.com/oauth2/token",
        "userdata_from_id_token": True,
    }


def test_groups_may_decide_who_uses_notebooks_and_who_administers_them() -> None:
    login = settings(allowed_groups=["users"], admin_groups=["admins"])["GenericOAuthenticator"]
    assert login["allow_all"] is False
    assert login["manage_groups"] is True
    assert login["auth_state_groups_key"] == "oauth_user.cognito:groups"
    assert login["allowed_groups"] == ["users"]
    assert login["admin_groups"] == ["admins"]


def test_admins_alone_keep_nobody_out() -> None:
    assert settings(admin_groups=["admins"])["GenericOAuthenticator"]["allow_all"] is True


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
    login = settings(environment(ingress=ingress))["GenericOAuthenticator"]
    urls = [login[key] for key in ("authorize_url", "token_url", "userdata_url")]
    assert urls == [f"https://id.example.com/{path}" for path in ("authorize", "token", "userinfo")]
    assert login["username_claim"] == "sub"
    assert "userdata_from_id_token" not in login


def test_a_user_pool_may_have_a_domain_of_its_own() -> None:
    data = environment().ingress.model_dump(mode="json", exclude_none=True)
    data["cognito"]["user_pool_domain"] = "auth.example.com"
    login = settings(environment(ingress=data))["GenericOAuthenticator"]
    assert login["authorize_url"] == "https://auth.example.com/oauth2/authorize"


def test_idle_servers_are_stopped_by_a_service_that_may_do_just_that() -> None:
    hub = settings(max_hours=12)["JupyterHub"]
    (culler,) = hub["services"]
    assert culler["command"] == [
        "python3",
        "-m",
        "jupyterhub_idle_culler",
        "--url=http://localhost:8081/hub/api",
        "--timeout=3600",
        "--cull-every=600",
        "--concurrency=10",
        "--max-age=43200",
    ]
    assert hub["load_roles"] == [
        {
            "name": "idle-culler",
            "services": ["idle-culler"],
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        }
    ]
    assert not [item for item in settings()["JupyterHub"]["services"][0]["command"] if "max-age" in item]


def test_idle_kernels_may_be_stopped_too() -> None:
    assert settings(kernel_idle_minutes=30)["KubeSpawner"]["args"] == [
        "--MappingKernelManager.cull_idle_timeout=1800",
        "--MappingKernelManager.cull_interval=60",
    ]


def test_servers_outlive_the_hub_and_their_number_is_bounded() -> None:
    hub = settings(max_servers=7, session_hours=12)["JupyterHub"]
    assert hub["cleanup_servers"] is False
    assert hub["active_server_limit"] == 7
    assert hub["cookie_max_age_days"] == 0.5
    assert hub["public_url"] == "https://notebooks.dev.example.com/"
    assert hub["hub_connect_url"] == "http://hub.jupyterhub.svc:8081"


def peer(name: str, namespace: str | None = None) -> Body:
    found: Body = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}
    if namespace:
        found["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return found


def tcp(*numbers: int) -> list[Body]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]


def test_servers_reach_their_hub_the_ray_cluster_and_https_outside_the_vpc_but_no_other_pod() -> None:
    policy = hub_objects()["NetworkPolicy/notebook"]
    assert policy["metadata"]["namespace"] == "notebooks"
    head = {"ray.io/node-type": "head", "app.kubernetes.io/instance": "shared"}
    outside = {
        "ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.64.0.0/16", "172.20.0.0/16", "169.254.0.0/16"]}
    }
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "notebook"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [peer("jupyterhub-hub", "jupyterhub"), peer("jupyterhub-proxy", "jupyterhub")],
                "ports": tcp(8888),
            }
        ],
        "egress": [
            {"to": [peer("jupyterhub-hub", "jupyterhub")], "ports": tcp(8081)},
            {"to": [peer("jupyterhub-proxy", "jupyterhub")], "ports": tcp(8000)},
            {"to": [outside], "ports": tcp(443)},
            {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": tcp(80)},
            {
                "to": [
                    {
                        "podSelector": {"matchLabels": head},
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ray"}},
                    }
                ],
                "ports": tcp(8000, 8265, 10001),
            },
        ],
    }


def test_servers_call_the_models_that_are_served_and_know_where_they_are() -> None:
    pools = POOLS | {"inferentia": ray_environment.POOLS["inferentia"]}
    env = environment(
        karpenter={"node_role": "genai-node", "node_pools": pools},
        stable_diffusion={"gpu": ray_environment.GPU, "inf2": ray_environment.INF2},
    )
    environ = settings(env)["KubeSpawner"]["environment"]
    assert {name: value for name, value in environ.items() if "DIFFUSION" in name} == {
        "STABLE_DIFFUSION_GPU_URL": "http://stable-diffusion-gpu-serve-svc.stable-diffusion.svc:8000",
        "STABLE_DIFFUSION_INF2_URL": "http://stable-diffusion-inf2-serve-svc.stable-diffusion.svc:8000",
    }
    rules = hub_objects(env)["NetworkPolicy/notebook"]["spec"]["egress"]
    for name in ("stable-diffusion-gpu", "stable-diffusion-inf2"):
        workers = {
            "podSelector": {
                "matchLabels": {"app.kubernetes.io/instance": name, "ray.io/node-type": "worker"}
            },
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "stable-diffusion"}},
        }
        assert {"to": [workers], "ports": tcp(8000)} in rules


def test_hub_and_proxy_reach_each_other_and_the_servers() -> None:
    objects = hub_objects()
    hub, proxy = (objects[f"NetworkPolicy/{name}"]["spec"] for name in ("hub", "proxy"))
    notebooks, prometheus = peer("notebook", "notebooks"), peer("prometheus", "monitoring")
    vpc = {"ipBlock": {"cidr": "10.64.0.0/16"}}
    assert hub["ingress"] == [
        {"from": [peer("jupyterhub-proxy"), notebooks], "ports": tcp(8081)},
        {"from": [prometheus], "ports": tcp(8081)},
    ]
    assert hub["egress"] == [
        {"to": [vpc, {"ipBlock": {"cidr": "172.20.0.0/16"}}], "ports": tcp(443)},
        {"to": [peer("jupyterhub-proxy")], "ports": tcp(8001)},
        {"to": [notebooks], "ports": tcp(8888)},
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": tcp(443)},
    ]
    assert proxy["ingress"] == [
        {"from": [vpc, notebooks], "ports": tcp(8000)},
        {"from": [peer("jupyterhub-hub")], "ports": tcp(8001)},
        {"from": [prometheus], "ports": tcp(8002)},
    ]
    assert proxy["egress"] == [
        {"to": [peer("jupyterhub-hub")], "ports": tcp(8081)},
        {"to": [notebooks], "ports": tcp(8888)},
    ]


def test_the_load_balancer_leads_to_the_proxy_behind_its_login() -> None:
    ingress = hub_objects()["Ingress/jupyterhub"]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "notebooks.dev.example.com"
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "proxy-public", "port": {"number": 8000}}
    annotations = ingress["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/healthcheck-path"] == "/_chp_healthz"
    assert annotations["alb.ingress.kubernetes.io/auth-type"] == "cognito"


def test_servers_may_read_the_buckets_of_data_and_models() -> None:
    (identity,) = JupyterHubComponent(App(), environment()).pod_identities()
    assert (identity.namespace, identity.service_account) == ("notebooks", "notebook")
    actions = {
        action
        for statements in identity.policies.values()
        for item in statements
        for action in item["Action"]
    }
    assert actions == {"s3:ListBucket", "s3:GetObject"}
    assert set(identity.policies) == {"data", "models"}


def test_without_storage_and_ray_servers_have_neither() -> None:
    env = environment(storage=None, ray_cluster=None)
    objects = hub_objects(env)
    assert "ExternalSecret/ray-token" not in objects
    assert JupyterHubComponent(App(), env).pod_identities() == ()
    (server,) = dict(profile_pods(env))["cpu"]["containers"]
    assert [item["name"] for item in server["env"]] == ["AWS_REGION"]
    assert [item["name"] for item in server["volumeMounts"]] == ["home", "tmp", "shm"]


def test_cpu_nodes_pull_the_cpu_image_in_advance_unless_told_not_to() -> None:
    puller = hub_objects()["DaemonSet/notebook-image-puller"]
    spec = puller["spec"]["template"]["spec"]
    assert puller["metadata"]["namespace"] == "notebooks"
    assert [item["image"] for item in spec["initContainers"]] == ["registry.example.com/genai/notebook:0.1.0"]
    assert spec["nodeSelector"] == {"genai-on-eks/accelerator": "none", "genai-on-eks/purpose": "system"}
    assert "tolerations" not in spec
    assert "DaemonSet/notebook-image-puller" not in hub_objects(prepull=False)
    only_gpu = hub_objects(profiles={"gpu": PROFILES["gpu"]})
    assert "DaemonSet/notebook-image-puller" not in only_gpu


def test_the_image_of_every_version_of_the_hub_is_known() -> None:
    version = environment().jupyterhub
    assert version is not None
    assert version.version in jupyterhub_pods.HUB_IMAGES


def test_prometheus_scrapes_both_programs() -> None:
    objects = hub_objects()
    endpoints = {
        name: objects[f"PodMonitor/{name}"]["spec"]["podMetricsEndpoints"] for name in ("hub", "proxy")
    }
    assert endpoints == {
        "hub": [{"port": "http", "path": "/hub/metrics"}],
        "proxy": [{"port": "metrics", "path": "/metrics"}],
    }


def test_the_component_is_there_when_the_section_is() -> None:
    assert JupyterHubComponent.enabled(environment())
    assert not JupyterHubComponent.enabled(environment(jupyterhub=None))
