from charts_src.review.pictures.pools import Lander, PoolCard, pools
from charts_src.review.pictures.pools_mermaid import mermaid
from charts_src.review.pictures.pools_svg import svg
from charts_src.review.pictures.scene import scene
from charts_src.review.sides import Pair
from tests.review.pictures.scenes import edited, prod, small


def cards(pair: Pair) -> dict[str, PoolCard]:
    return {card.name: card for card in pools(scene(pair))}


GPU = "node-pools/nodepool-gpu.yaml"
EDITS = {GPU: ('nodes: "24"', 'nodes: "16"')}


def test_a_pool_says_what_it_is_and_what_it_takes() -> None:
    gpu = cards(prod())["gpu"]
    assert gpu.facts == {
        "nodes": "up to 24 nodes",
        "capacity": "on-demand",
        "zones": "us-east-2a, us-east-2b, us-east-2c",
        "types": "g5.2xlarge, g6.2xlarge, g6e.2xlarge",
        "taints": "taint nvidia.com/gpu:NoSchedule",
        "consolidation": "consolidates WhenEmpty",
    }
    assert gpu.before == gpu.facts
    assert Lander("stable-diffusion/stable-diffusion-gpu, gpu", 8, 8, None) in gpu.landers
    assert Lander("notebooks: notebook, profile gpu", 1, 1, None) in gpu.landers
    assert "node-agents/dcgm-server" in gpu.daemons
    assert gpu.mark is None


def test_pods_land_where_their_tolerations_and_sizes_let_them() -> None:
    found = cards(prod())
    assert [lander.name for lander in found["system node group"].landers] == ["karpenter/karpenter"]
    assert [lander.name for lander in found["trainium"].landers] == ["training/llama2-pretraining, worker"]
    assert "monitoring/prometheus" in {lander.name for lander in found["system"].landers}
    assert "accelerators/neuron-monitor" not in found["gpu"].daemons


def test_a_changed_limit_shows_what_it_was() -> None:
    found = cards(edited(EDITS))
    assert {name for name, card in found.items() if card.mark} == {"gpu"}
    picture = svg((found["gpu"],), "Pools")
    assert ">~ gpu</text>" in picture
    assert ">~ up to 24 nodes (was up to 16 nodes)</text>" in picture
    assert ">on-demand</text>" in picture


def test_what_lands_anew_has_a_sign_and_a_new_pool_one_for_all() -> None:
    found = cards(edited({}, "llm", "node-pools"))
    assert found["system node group"].mark is None
    assert found["gpu"].mark == "added"
    assert not any(lander.mark for lander in found["gpu"].landers)
    served = cards(edited({}, "llm"))["gpu-large"]
    assert served.landers == (Lander("llm/llm, large", 1, 0, "added"),)
    assert ">+ llm/llm, large</text>" in svg((served,), "Pools")


def test_fewer_copies_show_how_many_there_were() -> None:
    file = "stable-diffusion/rayservice-stable-diffusion-gpu.yaml"
    found = cards(edited({file: ("maxReplicas: 8", "maxReplicas: 9")}))["gpu"]
    assert Lander("stable-diffusion/stable-diffusion-gpu, gpu", 8, 9, "changed") in found.landers
    assert ">~ stable-diffusion/stable-diffusion-gpu, gpu x 8 (was 9)</text>" in svg((found,), "Pools")


def test_a_pool_that_no_workload_asks_for_says_so() -> None:
    assert ">and no other pod of this environment</text>" in svg((cards(prod())["gpu-training"],), "Pools")


def test_a_pool_of_a_type_without_facts_is_drawn_without_pods() -> None:
    found = cards(edited({GPU: ("g6e.2xlarge", "g9.large")}))["gpu"]
    assert found.mark == "changed"
    assert found.before == {"types": "no facts on g9.large"}
    assert {lander.mark for lander in found.landers} == {"added"}


def test_an_environment_that_cannot_be_read_has_no_pools() -> None:
    assert pools(scene(small({}, {}))) == ()


def test_mermaid_draws_changed_pools_alone() -> None:
    assert mermaid(pools(scene(edited(EDITS)))) == (
        "flowchart LR\n"
        '  p0["#126; gpu<br/>up to 24 nodes (was up to 16 nodes)<br/>on-demand<br/>'
        "us-east-2a, us-east-2b, us-east-2c<br/>g5.2xlarge, g6.2xlarge, g6e.2xlarge<br/>"
        'taint nvidia.com/gpu:NoSchedule<br/>consolidates WhenEmpty"]:::changed\n'
        "  classDef changed fill:#fff3cd,stroke:#875000,color:#1f2328\n"
    )


def test_mermaid_draws_all_pools_when_none_changed() -> None:
    written = mermaid(pools(scene(prod())))
    assert 'p0["system node group<br/>' in written
    assert "-- 1 --> n" in written
