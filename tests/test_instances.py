from pathlib import Path
from typing import Any

import pytest

from charts_src.lib import instances
from charts_src.lib.instances import instance, names, offered
from tools.instance_types import facts, zone_letters

# Rows of website/content/en/docs/reference/instance-types.md (karpenter-provider-aws, August 2026), which
# Karpenter generates from EC2: labels instance-cpu, -memory, -gpu-count, -accelerator-count, -local-nvme,
# resources aws.amazon.com/neuroncore and vpc.amazonaws.com/efa.
KARPENTER_DOCS = """
    type           cpu  memory   gpu neuron cores efa nvme
    m7i.2xlarge    8    32768    0   0      0     0   0
    g5.xlarge      4    16384    1   0      0     0   250
    g6.12xlarge    48   196608   4   0      0     1   3760
    g6e.24xlarge   96   786432   4   0      0     2   3800
    g6e.48xlarge   192  1572864  8   0      0     4   7600
    p4d.24xlarge   96   1179648  8   0      0     4   8000
    p5.48xlarge    192  2097152  8   0      0     32  30400
    p5e.48xlarge   192  2097152  8   0      0     32  30400
    p5en.48xlarge  192  2097152  8   0      0     16  30400
    inf2.xlarge    4    16384    0   1      2     0   0
    inf2.24xlarge  96   393216   0   6      12    0   0
    inf2.48xlarge  192  786432   0   12     24    0   0
    trn1.2xlarge   8    32768    0   1      2     0   474
    trn1.32xlarge  128  524288   0   16     32    8   7600
    trn1n.32xlarge 128  524288   0   16     32    16  7600
    trn2.48xlarge  192  2097152  0   16     128   16  7600
"""


@pytest.mark.parametrize("row", KARPENTER_DOCS.split("\n")[2:-1])
def test_the_table_agrees_with_the_documentation_of_karpenter(row: str) -> None:
    name, *numbers = row.split()
    item = instance(name)
    assert [
        item.vcpus,
        item.memory_mib,
        item.gpus,
        item.neuron_devices,
        item.neuron_cores,
        item.efa_interfaces,
        item.nvme_gb,
    ] == [int(number) for number in numbers]


def test_every_efa_interface_has_its_network_card() -> None:
    with_efa = [instance(name) for name in names() if instance(name).efa_interfaces]
    assert len(with_efa) > 20
    assert [item.name for item in with_efa if item.efa_interfaces != item.network_cards] == []


def test_every_memory_is_a_whole_number_of_gib() -> None:
    assert [name for name in names() if instance(name).memory_mib % 1024] == []


@pytest.mark.parametrize(
    ("name", "accelerator", "count"),
    [
        ("m7i.large", "none", 0),
        ("g5.12xlarge", "nvidia", 4),
        ("trn2.48xlarge", "trainium", 16),
        ("inf2.24xlarge", "inferentia", 6),
    ],
)
def test_an_instance_type_knows_its_accelerators(name: str, accelerator: str, count: int) -> None:
    assert instance(name).accelerator == accelerator
    assert instance(name).accelerators == count


def test_trn2_is_offered_in_ohio_but_not_in_oregon() -> None:
    assert offered("trn2.48xlarge", "us-east-2") == ("us-east-2a", "us-east-2b", "us-east-2c")
    assert offered("trn2.48xlarge", "us-west-2") == ()


def test_trn1_is_offered_in_two_of_the_four_zones_of_oregon() -> None:
    assert offered("trn1.32xlarge", "us-west-2") == ("us-west-2b", "us-west-2d")


def test_an_unknown_instance_type_is_a_key_error() -> None:
    with pytest.raises(KeyError, match=r"p5\.49xlarge"):
        instance("p5.49xlarge")


def test_the_table_stays_small() -> None:
    path = Path(instances.__file__).with_name("instance_types.json")
    assert path.stat().st_size < 150_000


NETWORK = {
    "MaximumNetworkCards": 8,
    "DefaultNetworkCardIndex": 1,
    "NetworkCards": [{"MaximumNetworkInterfaces": 4}, {"MaximumNetworkInterfaces": 5}],
    "Ipv4AddressesPerInterface": 50,
}


def described(**fields: Any) -> dict[str, Any]:
    return {
        "VCpuInfo": {"DefaultVCpus": 128},
        "MemoryInfo": {"SizeInMiB": 524288},
        "NetworkInfo": NETWORK,
    } | fields


def test_facts_of_a_neuron_instance_are_read_from_the_answer_of_ec2() -> None:
    trn1 = described(
        NeuronInfo={"NeuronDevices": [{"Count": 16, "CoreInfo": {"Count": 2}, "Name": "Trainium"}]},
        NetworkInfo=NETWORK | {"EfaInfo": {"MaximumEfaInterfaces": 8}},
        InstanceStorageInfo={"TotalSizeInGB": 7600},
    )
    assert facts(trn1) == {
        "vcpus": 128,
        "memory_mib": 524288,
        "gpus": 0,
        "gpu_name": "",
        "neuron_devices": 16,
        "neuron_cores": 32,
        "neuron_name": "Trainium",
        "efa_interfaces": 8,
        "network_cards": 8,
        "pod_interfaces": 5,
        "addresses_per_interface": 50,
        "nvme_gb": 7600,
    }


def test_facts_of_a_gpu_instance_count_its_gpus() -> None:
    found = facts(described(GpuInfo={"Gpus": [{"Count": 4, "Name": "L4"}]}))
    assert (found["gpus"], found["gpu_name"], found["neuron_devices"]) == (4, "L4", 0)


def test_local_zones_are_left_out_of_the_offerings() -> None:
    assert zone_letters("us-west-2", ["us-west-2d", "us-west-2b", "us-west-2-lax-1a"]) == "bd"
