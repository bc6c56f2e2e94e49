"""The address of a private repository in Amazon ECR."""

import re
from typing import NamedTuple

_ADDRESS = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/(.+)")


class EcrPath(NamedTuple):
    """A path in the registry that each account has in each region."""

    account: str
    region: str
    path: str


def ecr_path(address: str) -> EcrPath | None:
    """Take an address apart; None where it is not one of ECR, or has no path."""
    match = _ADDRESS.fullmatch(address)
    return EcrPath(*match.groups()) if match else None
