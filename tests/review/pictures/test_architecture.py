import json
import re

from charts_src.lib import network
from charts_src.registry import COMPONENTS
from charts_src.review.page import Figure, Text
from charts_src.review.pictures import Bar, section
from charts_src.review.pictures.architecture import Architecture, Tile, Use, architecture
from charts_src.review.pictures.architecture_mermaid import mermaid
from charts_src.review.pictures.architecture_svg import svg
from charts_src.review.pictures.layers import OTHER, layer
from charts_src.review.pictures.scene import scene
from charts_src.review.sides import Pair
from tests.objects import deployment, thing
from tests.review.pictures.scenes import application, edited, prod, small


def above(pair: Pair) -> Architecture:
    return architecture(scene(pair))


def test_every_component_has_a_layer() -> None:
    assert [each.name for each in COMPONENTS if layer(each.name) == OTHER] == []


def test_the_cluster_and_its_network_are_read_from_the_rendered_files() -> None:
    cluster = above(prod()).cluster
    assert cluster.name == "genai-prod"
    assert (cluster.region, cluster.version) == ("us-east-2", "1.35")
    assert (cluster.network, cluster.nat) == ("10.64.0.0/16", "HighlyAvailable")
    assert cluster.api == "from 203.0.113.0/24"
    assert cluster.argocd == "an EKS capability"
    assert cluster.nodes == "2 to 4 m7i.xlarge, m7a.xlarge"


def test_definitions_are_part_of_their_component() -> None:
    tiles = {tile.name: tile for tile in above(prod()).tiles}
    assert "kuberay-crds" not in tiles
    assert tiles["kuberay-operator"].layer == "JARK"
    assert tiles["kuberay-operator"].namespaces[0] == "kuberay-system"
    assert tiles["kuberay-operator"].objects == 20


def test_a_layer_uses_what_its_roles_volumes_and_images_name() -> None:
    uses = {(use.layer, use.service): use.components for use in above(prod()).uses}
    assert uses["Serving", "S3"] == ("llm",)
    assert uses["Serving", "ECR"] == ("llm", "stable-diffusion")
    assert uses["Training", "FSx for Lustre"] == ("tensorboard", "training-workflows")
    assert uses["Nodes", "SQS"] == ("karpenter",)
    assert uses["Security", "Secrets Manager"] == ("external-secrets",)
    assert ("Accelerators", "S3") not in uses


def test_services_have_the_parts_of_the_environment() -> None:
    services = {service.name: service.parts for service in above(prod()).services}
    assert services["S3"] == tuple(f"genai-prod-{name}" for name in ("artifacts", "data", "logs", "models"))
    assert services["FSx for Lustre"] == ("9600 GiB SSD",)
    assert services["ECR"] == ("13 repositories",)
    assert services["SQS"] == ("queue genai-prod",)


def test_people_come_in_by_a_load_balancer() -> None:
    (entrance,) = above(prod()).entrances
    assert entrance.name == "genai-on-eks"
    assert entrance.balancer.scheme == "internal"
    assert "grafana.genai.example.com" in entrance.balancer.hosts
    assert entrance.layers == ("Serving", "Training", "Data", "JARK", "Observability")


def test_what_comes_and_goes_is_marked() -> None:
    pair = edited({}, "llm", "external-secrets", "external-secrets-crds")
    found = above(pair._replace(old=pair.new, new=pair.old, changes=pair.changes))
    assert {tile.name for tile in found.tiles if tile.mark == "removed"} == {"llm", "external-secrets"}
    assert Use("Security", "Secrets Manager", ("external-secrets",), "removed") in found.uses
    assert Use("Serving", "ECR", ("stable-diffusion",), "changed") in found.uses
    picture = svg(found, "t")
    assert ">- llm</text>" in picture
    assert ">- Secrets Manager</text>" in picture
    assert "removed by this pull request" in picture


def test_a_bucket_less_marks_its_service() -> None:
    pair = prod()
    stack = json.loads(pair.new.templates["foundation.json"])
    del stack["Resources"]["LogsBucket"]
    templates = {**pair.new.templates, "foundation.json": json.dumps(stack)}
    found = above(pair._replace(new=pair.new._replace(templates=templates)))
    assert [service.name for service in found.services if service.mark] == ["S3"]


def test_an_environment_without_an_aws_side_is_drawn_too() -> None:
    pair = small({}, {"ray-cluster": [thing("ConfigMap", "a", "ray")], "mine": [thing("Namespace", "b")]})
    found = above(pair)
    assert found.tiles == (
        Tile("ray-cluster", "JARK", ("ray",), 1, "added"),
        Tile("mine", "Other", (), 1, "added"),
    )
    assert ">+ mine</text>" in svg(found, "t")
    assert mermaid(found) == (
        "flowchart LR\n"
        '  l3["#126; JARK<br/>#43; ray-cluster"]:::changed\n'
        '  l10["#126; Other<br/>#43; mine"]:::changed\n'
        "  classDef changed fill:#fff3cd,stroke:#875000,color:#1f2328\n"
    )


def test_pictures_are_the_same_every_time() -> None:
    pair = edited({}, "llm")
    assert section(pair) == section(pair)


def test_no_picture_loads_or_runs_anything() -> None:
    for figure in section(edited({}, "llm")).blocks:
        assert isinstance(figure, Figure)
        assert not re.search(r"<script|<image|<use|<foreignObject|href|url\(|@import|\son\w+=", figure.svg)


def test_a_name_that_is_markup_stays_text_in_every_picture() -> None:
    evil = '<script>alert(1)<b>"]-->x'
    ingress = thing("networking.k8s.io/Ingress", evil, evil, spec={"rules": [{"host": evil}]})
    to = [network.pods({}, evil)]
    policy = network.allow(evil, {}, egress=[{"to": to, "ports": network.ports(80)}], namespace=evil)
    pair = small({}, {evil: [deployment(evil, evil), ingress, policy], "argocd": [application(evil, 0)]})
    written = section(pair._replace(name=evil), {evil: [Bar(evil, 1, 2, evil)]})
    figures = [figure for figure in written.blocks if isinstance(figure, Figure)]
    assert len(figures) == 4
    for figure in figures:
        assert "&lt;script&gt;" in figure.svg
        assert "<script" not in figure.svg + figure.mermaid
        assert '"]-->x' not in figure.mermaid


def test_an_object_without_its_shape_leaves_the_costs_to_draw() -> None:
    pair = small({}, {"a": [thing("Deployment", "shapeless", "a")]})
    text, money = section(pair, {"Ceiling": [Bar("gpu", 1, 2)]}).blocks
    assert text == Text(
        "Nothing is drawn: an object has not the shape of its kind. make validate says which."
    )
    assert isinstance(money, Figure)
