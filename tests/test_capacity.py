from typing import Any

import pytest

from charts_src.lib.capacity import allocatable, max_pods
from charts_src.lib.instances import instance, names

# Tables "Resources" of website/content/en/v1.14/reference/instance-types.md (karpenter-provider-aws, August
# 2026), which Karpenter generates for nodes with its default root volume; without vpc.amazonaws.com/pod-eni.
KARPENTER_DOCS = """
    m7i.xlarge    3920    14162   58   0  0   0    0
    g5.2xlarge    7910    29317   58   1  0   0    0
    p4d.24xlarge  95690   1082712 737  8  0   0    4
    p5.4xlarge    15890   240830  118  1  0   0    1
    p5.48xlarge   191450  1938410 100  8  0   0    32
    p5en.48xlarge 191450  1937332 198  8  0   0    16
    inf2.24xlarge 95690   355262  737  0  6   12   0
    trn1.32xlarge 127610  481894  247  0  16  32   8
    trn2.48xlarge 191450  1938410 100  0  16  128  16
"""
COLUMNS = (
    *("cpu", "memory", "pods", "nvidia.com/gpu", "aws.amazon.com/neuron"),
    *("aws.amazon.com/neuroncore", "vpc.amazonaws.com/efa"),
)


@pytest.mark.parametrize("row", KARPENTER_DOCS.strip().split("\n"))
def test_what_pods_can_have_is_what_karpenter_documents(row: str) -> None:
    name, *amounts = row.split()
    documented = {key: int(amount) for key, amount in zip(COLUMNS, amounts, strict=True) if amount != "0"}
    assert allocatable(instance(name)) == documented | {"ephemeral-storage": 17 * 1024}


@pytest.mark.parametrize(("name", "pods"), [("p5.48xlarge", 51), ("trn1.32xlarge", 198)])
def test_an_efa_interface_takes_the_place_of_one_with_addresses(name: str, pods: int) -> None:
    assert max_pods(instance(name), efa=True) == pods
    memory = allocatable(instance(name), efa=True)["memory"] - allocatable(instance(name))["memory"]
    assert memory == 11 * 49


def test_a_type_without_efa_loses_no_addresses() -> None:
    assert max_pods(instance("g5.2xlarge"), efa=True) == max_pods(instance("g5.2xlarge"))


def test_a_larger_disk_has_more_room_less_a_tenth() -> None:
    resources: dict[str, Any] = allocatable(instance("trn1.32xlarge"), disk_bytes=7600 * 10**9)
    assert resources["ephemeral-storage"] == 7600 * 10**9 * 9 // 10 // 2**20 - 1024


def test_every_type_has_room_for_pods() -> None:
    for name in names():
        resources = allocatable(instance(name), efa=True)
        assert min(resources[key] for key in ("cpu", "memory", "pods")) > 0, name
