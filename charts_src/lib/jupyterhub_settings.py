"""JupyterHub's settings for an environment: what lib/jupyterhub_config.py applies in the hub.

Sources: jupyterhub 5.5.0 (app.py, proxy.py), oauthenticator 17.4.0 (oauth2.py), jupyterhub-idle-culler 1.4.0,
and jupyterhub/files/hub/jupyterhub_config.py of zero-to-jupyterhub-k8s 4.4.0.
"""

from charts_src.lib.namespaces import JUPYTERHUB
from charts_src.lib.notebook_settings import spawner_settings
from charts_src.model import Environment
from charts_src.model.jupyterhub import Database, JupyterHub
from charts_src.model.platform import CognitoAuthentication
from charts_src.objects import Body

HUB_PORT = 8081
PROXY_API_PORT = 8001
HUB_URL = f"http://hub.{JUPYTERHUB}.svc:{HUB_PORT}"
"""Where the proxy and users' servers, in another namespace, find the hub."""

STATE = "/srv/jupyterhub"
"""Where the hub keeps its SQLite file."""

_CULLER = "idle-culler"


def settings(env: Environment, section: JupyterHub) -> Body:
    """Give the traits to set: name of a class -> trait -> value."""
    return {
        "JupyterHub": _hub(env, section),
        "ConfigurableHTTPProxy": {
            "should_start": False,
            "api_url": f"http://proxy-api.{JUPYTERHUB}.svc:{PROXY_API_PORT}",
        },
        "GenericOAuthenticator": _login(env, section),
        "KubeSpawner": spawner_settings(env),
    }


def public_url(env: Environment, section: JupyterHub) -> str:
    """Give the address that users type."""
    return f"https://{section.host}.{env.ingress.domain}/"


def _hub(env: Environment, section: JupyterHub) -> Body:
    """Give what concerns the hub itself.

    Servers outlive a restart of the hub, and a user who starts one sees its progress at once. Metrics need no
    token: they name no user, and only Prometheus and those behind the login reach them.
    """
    return {
        "spawner_class": "kubespawner.KubeSpawner",
        "authenticator_class": "generic-oauth",
        "public_url": public_url(env, section),
        "hub_bind_url": f"http://:{HUB_PORT}",
        "hub_connect_url": HUB_URL,
        "db_url": _database_url(section.database),
        "cleanup_servers": False,
        "last_activity_interval": 60,
        "concurrent_spawn_limit": 64,
        "active_server_limit": section.max_servers,
        "cookie_max_age_days": section.session_hours / 24,
        "authenticate_prometheus": False,
        "tornado_settings": {"slow_spawn_timeout": 0},
        "services": [{"name": _CULLER, "command": _culler(section)}],
        "load_roles": [
            {
                "name": _CULLER,
                "services": [_CULLER],
                "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            }
        ],
    }


def _database_url(database: Database | None) -> str:
    """Leave the password to the variable PGPASSWORD; RDS has a certificate, of a CA that the image lacks."""
    if not database:
        return f"sqlite:///{STATE}/jupyterhub.sqlite"
    address = f"{database.user}@{database.host}:{database.port}/{database.name}"
    return f"postgresql+psycopg2://{address}?sslmode=require"


def _culler(section: JupyterHub) -> list[str]:
    max_age = [f"--max-age={section.max_hours * 3600}"] if section.max_hours else []
    return [
        "python3",
        "-m",
        "jupyterhub_idle_culler",
        f"--url=http://localhost:{HUB_PORT}/hub/api",
        f"--timeout={section.idle_minutes * 60}",
        f"--cull-every={min(600, section.idle_minutes * 30)}",
        "--concurrency=10",
        *max_age,
    ]


def _login(env: Environment, section: JupyterHub) -> Body:
    """Log users in where the load balancer does: who passed there is not asked again.

    JupyterHub 5 lets nobody in unless it is told whom. No token of the provider is kept (auth state), so
    there is nothing to encrypt: a login is good for a session and asked for anew after it. With auth state,
    oauthenticator 17.4.0 reads the ID token again on each refresh and fails when that has expired.
    """
    cognito = env.ingress.cognito
    claims = _claims(section, cognito)
    return {
        "client_id": section.oauth_client_id,
        "oauth_callback_url": f"{public_url(env, section)}hub/oauth_callback",
        "login_service": "your account",
        "auto_login": True,
        "enable_auth_state": False,
        "scope": ["openid", "email", "profile"],
        "username_claim": claims["username"],
        "allow_all": not section.allowed_groups,
        **(_cognito(cognito, env.aws.region) if cognito else _oidc(env)),
        **_groups(section, claims["groups"]),
    }


def _claims(section: JupyterHub, cognito: CognitoAuthentication | None) -> dict[str, str]:
    """Name users by what never changes unless another claim is chosen: an e-mail address can be edited."""
    defaults = ("cognito:username", "cognito:groups") if cognito else ("sub", "groups")
    return {"username": section.username_claim or defaults[0], "groups": section.groups_claim or defaults[1]}


def _cognito(login: CognitoAuthentication, region: str) -> Body:
    """Read the ID token: the user info endpoint of a user pool leaves the groups out."""
    custom = "." in login.user_pool_domain
    host = login.user_pool_domain if custom else f"{login.user_pool_domain}.auth.{region}.amazoncognito.com"
    return {
        "authorize_url": f"https://{host}/oauth2/authorize",
        "token_url": f"https://{host}/oauth2/token",
        "userdata_from_id_token": True,
    }


def _oidc(env: Environment) -> Body:
    assert env.ingress.oidc  # noqa: S101  # Ingress.problems() demands one of the two
    return {
        "authorize_url": env.ingress.oidc.authorization_endpoint,
        "token_url": env.ingress.oidc.token_endpoint,
        "userdata_url": env.ingress.oidc.user_info_endpoint,
    }


def _groups(section: JupyterHub, claim: str) -> Body:
    """Read groups only if they decide something: with them, JupyterHub owns none of its own."""
    if not (section.allowed_groups or section.admin_groups):
        return {}
    return {
        "manage_groups": True,
        "auth_state_groups_key": f"oauth_user.{claim}",
        "allowed_groups": list(section.allowed_groups),
        "admin_groups": list(section.admin_groups),
    }
