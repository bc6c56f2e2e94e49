"""Images and storage of nodes: each EC2NodeClass against the instance types of the pools that use it.

That the image has the drivers of its nodes is Karpenter's part: by alias it takes the variant of the image
that suits the instance type (al2023.go, bottlerocket.go), and no other way to name one is allowed
(charts_src/policy/nodes.py).

Sources: pkg/providers/amifamily of karpenter-provider-aws v1.15.1 (variants of images, block devices, formats
of user data), validation in its pkg/apis/v1/ec2nodeclass.go, nodeadm of amazon-eks-ami v20260714.
"""

import tomllib
from collections.abc import Iterator
from email import message_from_string
from typing import Final

import yaml

from charts_src.lib.accelerators import EFA_LABEL
from charts_src.lib.instances import InstanceType, instance
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.proofs.tree import Failure, Objects

_PARTS: Final = ("application/node.eks.aws", "text/x-shellscript")
"""Parts of a MIME archive that AL2023 reads: nodeadm and cloud-init."""


def wrong(objects: Objects, env: Environment) -> list[Failure]:
    """Find node classes whose nodes would not start, or not as meant, sorted."""
    classes = {body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "EC2NodeClass"}
    found = []
    for name, body in classes.items():
        problems = [*_alone(body["spec"], env)]
        for pool in objects.values():
            if pool["kind"] == "NodePool" and _uses(pool, name):
                problems += _for_pool(body["spec"], pool)
        found += [Failure(f"EC2NodeClass {name}", problem) for problem in dict.fromkeys(problems)]
    return sorted(found)


def _uses(pool: Body, name: str) -> bool:
    return bool(pool["spec"]["template"]["spec"]["nodeClassRef"]["name"] == name)


def _alone(spec: Body, env: Environment) -> Iterator[str]:
    yield from _disks(spec)
    yield from _user_data(_family(spec), spec.get("userData", ""))
    if spec.get("role") != env.karpenter.node_role:
        yield f"role: is not {env.karpenter.node_role}, the only one with which a node may join"
    options = spec.get("metadataOptions", {})
    if options.get("httpTokens", "required") != "required" or options.get("httpPutResponseHopLimit", 1) != 1:
        yield "metadataOptions: must ask for tokens and allow one hop, or pods get the node's credentials"
    for field in ("subnetSelectorTerms", "securityGroupSelectorTerms"):
        for index, term in enumerate(spec.get(field, ())):
            tags = term.get("tags", {})
            if tags and env.cluster.name not in tags.values():
                yield f"{field}[{index}]: no tag has the name of the cluster, {env.cluster.name}; add it"


def _family(spec: Body) -> str:
    terms = spec.get("amiSelectorTerms", ())
    return str(terms[0].get("alias", "")).partition("@")[0] if terms else ""


def _disks(spec: Body) -> Iterator[str]:
    roots = [each for each in spec.get("blockDeviceMappings", ()) if each.get("rootVolume")]
    if len(roots) != 1:
        yield "blockDeviceMappings: must have one rootVolume; otherwise nobody knows what pods may write on"
    for root in roots:
        if root.get("deviceName") != "/dev/xvda":
            yield "blockDeviceMappings: the root of these images is /dev/xvda; any other is a second disk"
        if root.get("ebs", {}).get("encrypted") is not True:
            yield "blockDeviceMappings: the root volume must be encrypted"
        if root.get("ebs", {}).get("deleteOnTermination") is not True:
            yield "blockDeviceMappings: the root volume must go with its node, or it costs money for ever"


def _for_pool(spec: Body, pool: Body) -> Iterator[str]:
    name = pool["metadata"]["name"]
    for facts in _types(pool):
        if spec.get("instanceStorePolicy") == "RAID0" and not facts.nvme_gb:
            yield f"instanceStorePolicy: {facts.name} of pool {name} has no instance store; leave it out"
        yield from _interfaces(spec, pool, facts)


def _types(pool: Body) -> Iterator[InstanceType]:
    for each in pool["spec"]["template"]["spec"]["requirements"]:
        if each["key"] == "node.kubernetes.io/instance-type":
            yield from map(instance, each["values"])


def _interfaces(spec: Body, pool: Body, facts: InstanceType) -> Iterator[str]:
    """A pool with EFA lays out one interface on each card of its instance type, others none."""
    cards = [each for each in spec.get("networkInterfaces", ()) if each["interfaceType"] == "efa-only"]
    labels = pool["spec"]["template"]["metadata"].get("labels", {})
    wanted = facts.efa_interfaces if labels.get(EFA_LABEL) == "true" else 0
    if len(cards) != wanted:
        what = f"{facts.name} of pool {pool['metadata']['name']}"
        yield f"networkInterfaces: has {len(cards)} for EFA, {what} needs {wanted}; lay out one on each card"
    indices = sorted(each["networkCardIndex"] for each in cards)
    if indices != [*range(len(cards))]:
        yield f"networkInterfaces: EFA is on the cards {indices}; each card has one, from 0 on"


def _user_data(family: str, text: str) -> Iterator[str]:
    if not text:
        return
    try:
        if family == "bottlerocket":
            tomllib.loads(text)
        elif family == "al2023":
            yield from _archive(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        yield f"userData: is not what {family} reads: {str(error).splitlines()[0]}"


def _archive(text: str) -> Iterator[str]:
    """AL2023 takes a MIME archive, a script, or the NodeConfig alone (bootstrap/nodeadm.go)."""
    if text.startswith("#!"):
        return
    if not text.startswith(("MIME-Version:", "Content-Type:")):
        yield from _node_config(text)
        return
    archive = message_from_string(text)
    if not archive.is_multipart() or archive.defects:
        yield "userData: is no complete MIME archive; check its boundaries"
        return
    for part in archive.walk():
        if part.is_multipart():
            continue
        if part.get_content_type() not in _PARTS:
            yield f"userData: nobody reads a part of type {part.get_content_type()}"
        elif part.get_content_type() == _PARTS[0]:
            yield from _node_config(str(part.get_payload()))


def _node_config(text: str) -> Iterator[str]:
    config = yaml.load(text, yaml.CSafeLoader)
    kind = (config.get("apiVersion"), config.get("kind")) if isinstance(config, dict) else None
    if kind != ("node.eks.aws/v1alpha1", "NodeConfig"):
        yield "userData: has a part that is no NodeConfig of node.eks.aws/v1alpha1"
