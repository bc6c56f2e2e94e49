"""Grafana's files: its settings, its data source, and where it finds dashboards.

Source: conf/defaults.ini of grafana (names of settings), docs on provisioning. Everything comes from files,
so Grafana keeps nothing of its own: what is changed in the browser is gone with the pod.
"""

from charts_src.emit import emit
from charts_src.lib.dashboards.panel import DATASOURCE
from charts_src.lib.namespaces import MONITORING
from charts_src.model import Environment
from charts_src.model.platform import CognitoAuthentication, Ingress
from charts_src.objects import Body

PORT = 3000
DASHBOARDS_PATH = "/etc/grafana/dashboards"

_Settings = dict[str, dict[str, str]]


def files(env: Environment) -> dict[str, str]:
    """Give the name and text of each file."""
    return {
        "dashboards.yaml": emit(_dashboards()),
        "datasources.yaml": emit(_datasources()),
        "grafana.ini": _ini(_settings(env)),
    }


def _settings(env: Environment) -> _Settings:
    """Call nobody outside but the identity provider, and let nobody in but by it.

    Grafana 13 installs plugins from the internet at its start unless it is told not to.
    """
    host = f"{env.monitoring.grafana.host}.{env.ingress.domain}"
    return {
        "analytics": {
            "check_for_plugin_updates": "false",
            "check_for_updates": "false",
            "feedback_links_enabled": "false",
            "reporting_enabled": "false",
        },
        "auth": {"disable_login_form": "false"},
        "auth.anonymous": {"enabled": "false"},
        "auth.generic_oauth": _login(env),
        "dashboards": {"default_home_dashboard_path": f"{DASHBOARDS_PATH}/cost.json"},
        "log": {"mode": "console"},
        "log.console": {"format": "json"},
        "metrics": {"enabled": "true"},
        "news": {"news_feed_enabled": "false"},
        "paths": {
            "data": "/var/lib/grafana",
            "logs": "/var/lib/grafana/log",
            "plugins": "/var/lib/grafana/plugins",
        },
        "plugins": {"plugin_admin_enabled": "false", "preinstall_disabled": "true"},
        "security": {
            "admin_user": "admin",
            "cookie_samesite": "lax",
            "cookie_secure": "true",
            "disable_gravatar": "true",
            "strict_transport_security": "true",
        },
        "server": {"domain": host, "http_port": str(PORT), "root_url": f"https://{host}/"},
        "snapshots": {"external_enabled": "false"},
        "users": {"allow_sign_up": "false", "viewers_can_edit": "false"},
    }


def _login(env: Environment) -> dict[str, str]:
    """Ask the provider that the load balancer asks, with a client of Grafana's own, for who may do what.

    The load balancer's word alone is not enough: its token is signed with a key that Grafana can't fetch, and
    a plain header could come from anywhere in the VPC. Client id and secret come from the environment. People
    without any group have no such claim, and are viewers.
    """
    group = env.monitoring.grafana.admin_group
    claim = "cognito:groups" if env.ingress.cognito else "groups"
    role = f"contains(not_null(\"{claim}\", `[]`), '{group}') && 'GrafanaAdmin' || 'Viewer'"
    return {
        "enabled": "true",
        "name": "Single sign-on",
        "allow_sign_up": "true",
        "auto_login": "true",
        "use_pkce": "true",
        "scopes": "openid email profile",
        "login_attribute_path": "email",
        "role_attribute_path": role,
        "role_attribute_strict": "true",
        "allow_assign_grafana_admin": "true",
        **_endpoints(env),
    }


def _endpoints(env: Environment) -> dict[str, str]:
    ingress = env.ingress
    if ingress.cognito:
        host = _cognito_host(ingress.cognito, env.aws.region)
        return {
            "auth_url": f"https://{host}/oauth2/authorize",
            "token_url": f"https://{host}/oauth2/token",
            "api_url": f"https://{host}/oauth2/userInfo",
        }
    return _oidc(ingress)


def _oidc(ingress: Ingress) -> dict[str, str]:
    assert ingress.oidc  # noqa: S101  # Ingress.problems() demands one of the two
    return {
        "auth_url": ingress.oidc.authorization_endpoint,
        "token_url": ingress.oidc.token_endpoint,
        "api_url": ingress.oidc.user_info_endpoint,
    }


def _cognito_host(login: CognitoAuthentication, region: str) -> str:
    """Give the host of the user pool's domain: a prefix of Amazon's, or one's own."""
    domain = login.user_pool_domain
    return domain if "." in domain else f"{domain}.auth.{region}.amazoncognito.com"


def _datasources() -> Body:
    source = {
        "name": "Prometheus",
        "uid": DATASOURCE["uid"],
        "type": DATASOURCE["type"],
        "access": "proxy",
        "url": f"http://prometheus.{MONITORING}.svc:9090",
        "isDefault": True,
        "editable": False,
        "jsonData": {"httpMethod": "POST", "prometheusType": "Prometheus", "timeInterval": "30s"},
    }
    return {"apiVersion": 1, "prune": True, "datasources": [source]}


def _dashboards() -> Body:
    """Read dashboards anew every half minute, and refuse changes in the browser."""
    provider = {
        "name": "git",
        "type": "file",
        "allowUiUpdates": False,
        "disableDeletion": False,
        "updateIntervalSeconds": 30,
        "options": {"path": DASHBOARDS_PATH},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _ini(settings: _Settings) -> str:
    sections = (
        "\n".join([f"[{section}]", *(f"{key} = {value}" for key, value in values.items())])
        for section, values in settings.items()
    )
    return "\n\n".join(sections) + "\n"
