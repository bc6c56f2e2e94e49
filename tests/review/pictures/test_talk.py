from charts_src.lib import network
from charts_src.objects import Body
from charts_src.proofs.connections import Connection
from charts_src.review.pictures.scene import scene
from charts_src.review.pictures.talk import Cell, mermaid, svg, talk
from tests.objects import thing
from tests.proofs.shop import out, workload
from tests.review.pictures.scenes import small


def internet() -> Body:
    rule = {"to": [network.block("0.0.0.0/0")], "ports": network.ports(443)}
    return network.allow("db", {"app": "db"}, egress=[rule], namespace="data")


THERE = [
    thing("Namespace", "shop"),
    thing("Namespace", "data"),
    workload("web", "shop"),
    workload("db", "data"),
]
OPENED = small({"shop": [*THERE, out(5432)]}, {"shop": [*THERE, out(5432, 80), internet()]})


def test_connections_are_counted_by_namespace_and_compared() -> None:
    found = talk(scene(OPENED))
    assert found.places == ("data", "shop", "0.0.0.0/0")
    assert found.cells == (
        Cell("data", "0.0.0.0/0", (Connection("data/db", "0.0.0.0/0", "443"),), "added"),
        Cell("shop", "data", (Connection("shop/web", "data/db", "5432, 80"),), "changed"),
    )


def test_a_connection_that_is_gone_still_shows() -> None:
    closed = small({"shop": [*THERE, out(5432)]}, {"shop": THERE})
    connection = Connection("shop/web", "data/db", "5432")
    assert talk(scene(closed)).cells == (Cell("shop", "data", (connection,), "removed"),)


def test_a_matrix_shows_each_number_with_its_sign_and_its_ports() -> None:
    picture = svg(talk(scene(OPENED)), "Who may talk to whom")
    assert (
        '<g class="cell few added"><title>data/db to 0.0.0.0/0: 443</title>'
        '<rect x="67.7" y="127.6" width="28" height="28" rx="4"/>'
        '<text class="bold" text-anchor="middle" x="81.7" y="145.6">+1</text></g>'
    ) in picture
    assert "<title>shop/web to data/db: 5432, 80</title>" in picture
    assert ">~1</text>" in picture


def test_mermaid_draws_what_changed() -> None:
    assert mermaid(talk(scene(OPENED))) == (
        "flowchart LR\n"
        '  n0["data"]\n  n1["shop"]\n  n2["anywhere (0.0.0.0/0)"]\n'
        '  n0 -- "#43; 1" --> n2\n'
        '  n1 -- "#126; 1" --> n0\n'
    )


def test_mermaid_draws_namespaces_when_nothing_changed() -> None:
    same = {"shop": [*THERE, out(5432), internet()]}
    assert mermaid(talk(scene(small(same, same)))) == (
        'flowchart LR\n  n0["data"]\n  n1["shop"]\n  n1 -- "1" --> n0\n'
    )
