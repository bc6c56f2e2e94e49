"""Images and storage of nodes suit the instance types of their pools."""

from typing import Any

import pytest

from charts_src.lib.user_data import huge_pages, user_data
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.proofs.machines import wrong
from tests.objects import thing
from tests.ray_environment import environment

ENV: Environment = environment()
ROOT = {
    "deviceName": "/dev/xvda",
    "rootVolume": True,
    "ebs": {"encrypted": True, "deleteOnTermination": True},
}
PRIMARY = {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}


def cards(count: int) -> list[Body]:
    efa = [{"networkCardIndex": card, "deviceIndex": 1, "interfaceType": "efa-only"} for card in range(count)]
    return [PRIMARY, *efa]


def problems(instance_type: str = "m7i.xlarge", *, efa: bool = False, **fields: Any) -> list[str]:
    spec = {
        "amiSelectorTerms": [{"alias": "al2023@v20260714"}],
        "role": ENV.karpenter.node_role,
        "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": ENV.cluster.name}}],
        "blockDeviceMappings": [ROOT],
    } | fields
    requirement = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [instance_type]}
    template = {
        "metadata": {"labels": {"genai-on-eks/efa": str(efa).lower()}},
        "spec": {"nodeClassRef": {"name": "it"}, "requirements": [requirement]},
    }
    bodies = [
        thing("karpenter.k8s.aws/EC2NodeClass", "it", spec=spec),
        thing("karpenter.sh/NodePool", "pool", spec={"template": template}),
    ]
    found = wrong({Identity.of(body): body for body in bodies}, ENV)
    assert {each.subject for each in found} <= {"EC2NodeClass it"}
    return [each.message for each in found]


ARCHIVE = user_data([huge_pages(4)], fast_image_pull=True)
CONFIG = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n"


@pytest.mark.parametrize(
    ("instance_type", "fields"),
    [
        ("m7i.xlarge", {}),
        ("g5.xlarge", {"instanceStorePolicy": "RAID0"}),
        ("m7i.xlarge", {"userData": ARCHIVE}),
        ("m7i.xlarge", {"userData": "#!/bin/bash\ntrue\n"}),
        ("m7i.xlarge", {"userData": CONFIG}),
        (
            "m7i.xlarge",
            {
                "amiSelectorTerms": [{"alias": "bottlerocket@1.40.0"}],
                "userData": '[settings]\nmotd = "hello"\n',
            },
        ),
        ("m7i.xlarge", {"networkInterfaces": [PRIMARY]}),
    ],
)
def test_machines_that_start_are_fine(instance_type: str, fields: Body) -> None:
    assert problems(instance_type, **fields) == []


def test_an_efa_interface_on_each_card_is_fine() -> None:
    assert problems("trn1.32xlarge", efa=True, networkInterfaces=cards(8)) == []


def test_another_number_of_efa_interfaces_is_found() -> None:
    words = "trn1.32xlarge of pool pool needs"
    assert problems("trn1.32xlarge", efa=True, networkInterfaces=cards(7)) == [
        f"networkInterfaces: has 7 for EFA, {words} 8; lay out one on each card"
    ]
    assert problems("trn1.32xlarge", networkInterfaces=cards(8)) == [
        f"networkInterfaces: has 8 for EFA, {words} 0; lay out one on each card"
    ]
    twice = [*cards(7), cards(1)[1]]
    assert problems("trn1.32xlarge", efa=True, networkInterfaces=twice) == [
        "networkInterfaces: EFA is on the cards [0, 0, 1, 2, 3, 4, 5, 6]; each card has one, from 0 on"
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"instanceStorePolicy": "RAID0"},
            "instanceStorePolicy: m7i.xlarge of pool pool has no instance store; leave it out",
        ),
        (
            {"role": "other"},
            f"role: is not {ENV.karpenter.node_role}, the only one with which a node may join",
        ),
        (
            {"metadataOptions": {"httpTokens": "optional"}},
            "metadataOptions: must ask for tokens and allow one hop, or pods get the node's credentials",
        ),
        (
            {"metadataOptions": {"httpPutResponseHopLimit": 2}},
            "metadataOptions: must ask for tokens and allow one hop, or pods get the node's credentials",
        ),
        (
            {"subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "other"}}]},
            f"subnetSelectorTerms[0]: no tag has the name of the cluster, {ENV.cluster.name}; add it",
        ),
        (
            {"blockDeviceMappings": [ROOT, ROOT]},
            "blockDeviceMappings: must have one rootVolume; otherwise nobody knows what pods may write on",
        ),
        (
            {"blockDeviceMappings": [ROOT | {"deviceName": "/dev/xvdb"}]},
            "blockDeviceMappings: the root of these images is /dev/xvda; any other is a second disk",
        ),
        (
            {"blockDeviceMappings": [ROOT | {"ebs": {"deleteOnTermination": True}}]},
            "blockDeviceMappings: the root volume must be encrypted",
        ),
        (
            {"blockDeviceMappings": [ROOT | {"ebs": {"encrypted": True}}]},
            "blockDeviceMappings: the root volume must go with its node, or it costs money for ever",
        ),
        (
            {"userData": ARCHIVE.replace("--genai-on-eks--", "")},
            "userData: is no complete MIME archive; check its boundaries",
        ),
        (
            {"userData": ARCHIVE.replace("text/x-shellscript", "text/plain")},
            "userData: nobody reads a part of type text/plain",
        ),
        (
            {"userData": CONFIG.replace("NodeConfig", "Config")},
            "userData: has a part that is no NodeConfig of node.eks.aws/v1alpha1",
        ),
        (
            {"userData": '[settings]\nmotd = "hello"\n'},
            "userData: is not what al2023 reads: did not find expected <document start>",
        ),
        (
            {"amiSelectorTerms": [{"alias": "bottlerocket@1.40.0"}], "userData": CONFIG},
            "userData: is not what bottlerocket reads: Expected '=' after a key in a key/value pair "
            "(at line 1, column 11)",
        ),
    ],
)
def test_a_machine_that_would_not_start_as_meant_is_found(fields: Body, message: str) -> None:
    assert problems(**fields) == [message]
