"""Who may talk to whom around JupyterHub.

Source: the NetworkPolicies hub, proxy and singleuser of zero-to-jupyterhub-k8s 4.4.0. Narrower than those:
the hub and users' servers reach no port outside but HTTPS, servers no other server, and in the VPC only what
serves notebooks; upstream lets the proxy reach everything, and anyone the proxy.
"""

from charts_src.lib import monitoring, network
from charts_src.lib.jupyterhub_pods import HUB, PROXY, PROXY_METRICS_PORT, PROXY_PORT
from charts_src.lib.jupyterhub_settings import HUB_PORT, PROXY_API_PORT
from charts_src.lib.namespaces import JUPYTERHUB, NOTEBOOKS, RAY
from charts_src.lib.notebook_services import NOTEBOOK, notebook_services
from charts_src.lib.notebooks import PORT
from charts_src.lib.ray import CLIENT, DASHBOARD, HEAD, INSTANCE_LABEL, SERVE, SHARED
from charts_src.model import Environment
from charts_src.model.jupyterhub import JupyterHub
from charts_src.objects import Body

_SERVERS = network.pods(NOTEBOOK, NOTEBOOKS)


def policies(env: Environment, section: JupyterHub) -> tuple[Body, ...]:
    """Give a policy each for the hub, the proxy and users' servers."""
    return (_hub(env, section), _proxy(env), _servers(env))


def _hub(env: Environment, section: JupyterHub) -> Body:
    """Let the hub reach the provider of the login, which may be inside the VPC or outside."""
    egress = [
        network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
        {"to": [network.pods(PROXY)], "ports": network.ports(PROXY_API_PORT)},
        {"to": [_SERVERS], "ports": network.ports(PORT)},
        network.https_egress(),
    ]
    if section.database:
        database = network.block(env.cluster.vpc_cidr)
        egress.append({"to": [database], "ports": network.ports(section.database.port)})
    callers = {"from": [network.pods(PROXY), _SERVERS], "ports": network.ports(HUB_PORT)}
    return network.allow("hub", HUB, ingress=[callers, monitoring.scraped(HUB_PORT)], egress=egress)


def _proxy(env: Environment) -> Body:
    """Let the load balancer in, which has its addresses in the VPC."""
    users = [network.block(env.cluster.vpc_cidr), _SERVERS]
    return network.allow(
        "proxy",
        PROXY,
        ingress=[
            {"from": users, "ports": network.ports(PROXY_PORT)},
            {"from": [network.pods(HUB)], "ports": network.ports(PROXY_API_PORT)},
            monitoring.scraped(PROXY_METRICS_PORT),
        ],
        egress=[
            {"to": [network.pods(HUB)], "ports": network.ports(HUB_PORT)},
            {"to": [_SERVERS], "ports": network.ports(PORT)},
        ],
    )


def _servers(env: Environment) -> Body:
    """Let servers reach their hub, Ray and the models that are served, credentials, and HTTPS outside."""
    callers = [network.pods(HUB, JUPYTERHUB), network.pods(PROXY, JUPYTERHUB)]
    egress = [
        {"to": [network.pods(HUB, JUPYTERHUB)], "ports": network.ports(HUB_PORT)},
        {"to": [network.pods(PROXY, JUPYTERHUB)], "ports": network.ports(PROXY_PORT)},
        network.internet_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
    ]
    if env.storage:
        egress.append(network.pod_identity_egress())
    if env.ray_cluster:
        head = network.pods(HEAD | {INSTANCE_LABEL: SHARED}, RAY)
        egress.append({"to": [head], "ports": network.ports(SERVE, DASHBOARD, CLIENT)})
    egress += [service.rule for service in notebook_services(env)]
    return network.allow(
        "notebook",
        NOTEBOOK,
        ingress=[{"from": callers, "ports": network.ports(PORT)}],
        egress=egress,
        namespace=NOTEBOOKS,
    )
