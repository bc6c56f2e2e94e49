"""A connection between pods needs a policy at each end."""

from charts_src.lib import network
from charts_src.objects import Body, Identity
from charts_src.proofs.connections import matrix, one_sided
from charts_src.proofs.tree import Objects
from tests.objects import thing
from tests.proofs.shop import out, workload


def into(*ports: int) -> Body:
    rule = {"from": [network.pods({"app": "web"}, "shop")], "ports": network.ports(*ports)}
    return network.allow("db", {"app": "db"}, ingress=[rule], namespace="data")


def tree(*policies: Body) -> Objects:
    bodies = [
        thing("Namespace", "shop"),
        thing("Namespace", "data"),
        workload("web", "shop"),
        workload("db", "data"),
        *policies,
    ]
    return {Identity.of(body): body for body in bodies}


def test_ends_that_agree_are_a_row_of_the_matrix() -> None:
    objects = tree(out(5432), into(5432))
    assert one_sided(objects) == []
    assert matrix(objects) == [("shop/web", "data/db", "5432")]


def test_an_egress_without_an_ingress_is_found() -> None:
    assert list(map(str, one_sided(tree(out(5432))))) == [
        "NetworkPolicy shop/web: lets traffic out to data/db on port 5432 for shop/web, but no "
        "ingress there allows "
        "it; add it or take this away"
    ]


def test_an_ingress_without_an_egress_is_found() -> None:
    assert list(map(str, one_sided(tree(into(5432))))) == [
        "NetworkPolicy data/db: lets traffic in from shop/web on port 5432 for data/db, but no "
        "egress there allows "
        "it; add it or take this away"
    ]


def test_other_ports_at_the_two_ends_are_found_at_both() -> None:
    assert [failure.subject for failure in one_sided(tree(out(5432), into(5433)))] == [
        "NetworkPolicy data/db",
        "NetworkPolicy shop/web",
    ]


def test_a_namespace_that_we_do_not_guard_lets_everything_in() -> None:
    rule = {"to": [network.pods({"k8s-app": "kube-dns"}, "kube-system")], "ports": network.ports(53)}
    assert one_sided(tree(network.allow("dns", {"app": "web"}, egress=[rule], namespace="shop"))) == []


def test_address_ranges_are_rows_of_the_matrix_too() -> None:
    rules = {
        "ingress": [{"from": [network.block("10.0.0.0/16")], "ports": network.ports(8080)}],
        "egress": [{"to": [network.block("0.0.0.0/0")], "ports": network.ports(443)}],
    }
    assert matrix(tree(network.allow("web", {"app": "web"}, namespace="shop", **rules))) == [
        ("10.0.0.0/16", "shop/web", "8080"),
        ("shop/web", "0.0.0.0/0", "443"),
    ]
