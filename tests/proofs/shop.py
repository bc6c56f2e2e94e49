"""A shop whose web pods talk to a database in another namespace."""

from charts_src.lib import network
from charts_src.objects import Body
from tests.objects import deployment


def workload(name: str, namespace: str) -> Body:
    body = deployment(name, namespace)
    body["spec"]["template"]["metadata"] = {"labels": {"app": name}}
    return body


def out(*ports: int) -> Body:
    """Let web pods send to the database."""
    rule = {"to": [network.pods({"app": "db"}, "data")], "ports": network.ports(*ports)}
    return network.allow("web", {"app": "web"}, egress=[rule], namespace="shop")
