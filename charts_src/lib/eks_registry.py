"""The registries from which EKS add-ons are pulled: one in each region, of an account that differs.

Source: "View Amazon container image registries for Amazon EKS add-ons" in the EKS User Guide
(docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html).
"""

from charts_src.lib.images import image
from charts_src.model import Environment

_MOST_REGIONS = "602401143452"

_ACCOUNTS = {
    "af-south-1": "877085696533",
    "ap-east-1": "800184023465",
    "ap-south-2": "900889452093",
    "ap-southeast-3": "296578399912",
    "ap-southeast-4": "491585149902",
    "ap-southeast-5": "151610086707",
    "ca-west-1": "761377655185",
    "eu-central-2": "900612956339",
    "eu-south-1": "590381155156",
    "eu-south-2": "455263428931",
    "il-central-1": "066635153087",
    "me-central-1": "759879836304",
    "me-south-1": "558608220178",
}
"""Region -> account, of the regions that lib/instances knows; the others have _MOST_REGIONS."""


def eks_registry(region: str) -> str:
    """Give the registry of EKS add-ons in a region."""
    return f"{_ACCOUNTS.get(region, _MOST_REGIONS)}.dkr.ecr.{region}.amazonaws.com"


def eks_image(env: Environment, name: str) -> str:
    """Give an image of an EKS add-on such as eks/eks-node-monitoring-agent:v1.7.0-eksbuild.1, as pulled."""
    return image(env, f"{eks_registry(env.aws.region)}/{name}")
