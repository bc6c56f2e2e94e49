import configparser
import itertools
import json
from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.components.grafana import Grafana
from charts_src.lib.dashboards import DASHBOARDS
from charts_src.objects import Body
from tests.ray_environment import environment, rendered

OIDC = {
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/me",
    "secret_name": "oidc",
}
INGRESS = {"domain": "dev.example.com", "certificate_arn": "arn:aws:acm:us-west-2:111122223333:certificate/0"}


def objects(**sections: Any) -> dict[str, Body]:
    return rendered(Grafana(App(), environment(**sections)))


def settings(**sections: Any) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(objects(**sections)["ConfigMap/grafana-config"]["data"]["grafana.ini"])
    return parser


def pod() -> Any:
    return objects()["Deployment/grafana"]["spec"]["template"]["spec"]


def test_people_log_in_through_the_user_pool_of_the_load_balancer() -> None:
    login = settings()["auth.generic_oauth"]
    assert login["auth_url"] == "https://login.auth.us-west-2.amazoncognito.com/oauth2/authorize"
    assert login["use_pkce"] == "true"
    assert login["role_attribute_path"] == (
        "contains(not_null(\"cognito:groups\", `[]`), 'platform-admins') && 'GrafanaAdmin' || 'Viewer'"
    )
    assert settings()["auth.anonymous"]["enabled"] == "false"


def test_people_log_in_through_another_provider() -> None:
    login = settings(ingress=INGRESS | {"oidc": OIDC})["auth.generic_oauth"]
    assert login["token_url"] == "https://login.example.com/token"  # noqa: S105
    assert 'not_null("groups"' in login["role_attribute_path"]


def test_nothing_is_fetched_from_the_internet() -> None:
    parser = settings()
    assert parser["plugins"]["preinstall_disabled"] == "true"
    assert {parser["analytics"][key] for key in parser["analytics"]} == {"false"}


def test_what_is_secret_comes_from_the_secret_store() -> None:
    (container,) = pod()["containers"]
    names = {item["valueFrom"]["secretKeyRef"]["key"]: item["name"] for item in container["env"]}
    assert names == {
        "admin-password": "GF_SECURITY_ADMIN_PASSWORD",
        "oauth-client-id": "GF_AUTH_GENERIC_OAUTH_CLIENT_ID",
        "oauth-client-secret": "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET",
        "secret-key": "GF_SECURITY_SECRET_KEY",
    }
    remote = objects()["ExternalSecret/grafana"]["spec"]["data"]
    assert {item["remoteRef"]["key"] for item in remote} == {"genai-dev/grafana"}
    assert {item["secretKey"] for item in remote} == set(names)


def test_the_data_source_has_the_uid_that_dashboards_ask() -> None:
    (source,) = yaml.safe_load(objects()["ConfigMap/grafana-config"]["data"]["datasources.yaml"])[
        "datasources"
    ]
    assert (source["uid"], source["url"]) == ("prometheus", "http://prometheus.monitoring.svc:9090")


def test_every_dashboard_is_mounted() -> None:
    (volume,) = (item for item in pod()["volumes"] if item["name"] == "dashboards")
    mounted = {source["configMap"]["name"] for source in volume["projected"]["sources"]}
    assert mounted == {f"grafana-dashboard-{uid}" for uid in DASHBOARDS}
    for uid, dashboard in DASHBOARDS.items():
        data = objects()[f"ConfigMap/grafana-dashboard-{uid}"]["data"]
        assert json.loads(data[f"{uid}.json"]) == dashboard


def test_a_change_of_the_settings_starts_a_new_pod() -> None:
    def checksum(**sections: Any) -> str:
        template = objects(**sections)["Deployment/grafana"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["genai-on-eks/config-checksum"])

    assert checksum() != checksum(monitoring={"grafana": {"admin_group": "others"}})


@pytest.mark.parametrize("uid", sorted(DASHBOARDS))
def test_a_dashboard_is_small_and_its_panels_do_not_overlap(uid: str) -> None:
    panels = DASHBOARDS[uid]["panels"]
    assert 8 <= len(panels) <= 15
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above


def test_a_panel_asks_prometheus() -> None:
    first = DASHBOARDS["karpenter"]["panels"][0]
    assert first == {
        "id": 1,
        "type": "stat",
        "title": "Nodes",
        "description": "",
        "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4},
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "fieldConfig": {"defaults": {"unit": "short"}, "overrides": []},
        "options": {
            "colorMode": "value",
            "graphMode": "area",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
        "targets": [
            {
                "refId": "A",
                "datasource": {"type": "prometheus", "uid": "prometheus"},
                "editorMode": "code",
                "expr": "max(karpenter_cluster_state_node_count)",
                "legendFormat": "__auto",
                "instant": False,
                "range": True,
            }
        ],
    }
