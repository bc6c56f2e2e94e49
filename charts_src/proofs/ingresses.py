"""Ingresses on one load balancer agree on what concerns all of it.

Source: docs/guide/ingress/annotations.md of aws-load-balancer-controller v3.5.0, IngressGroup: settings of
the load balancer are merged over the group, and conflicts are errors.
"""

from collections import Counter
from typing import Final

from charts_src.proofs.tree import Failure, Objects

_ALB: Final = "alb.ingress.kubernetes.io/"
_SHARED: Final = (
    "group.name",
    "scheme",
    "inbound-cidrs",
    "listen-ports",
    "certificate-arn",
    "ssl-policy",
    "load-balancer-attributes",
)


def unlike(objects: Objects) -> list[Failure]:
    """Find Ingresses that say something else of the load balancer than most of the others do, sorted."""
    ingresses = {
        identity: body["metadata"].get("annotations", {})
        for identity, body in objects.items()
        if identity.kind == "Ingress"
    }
    found = []
    for key in _SHARED:
        values = Counter(str(annotations.get(_ALB + key)) for annotations in ingresses.values())
        usual = values.most_common(1)[0][0] if values else ""
        found += [
            Failure(str(identity), f"{_ALB}{key} is {value}, that of the others is {usual}; write the same")
            for identity, annotations in ingresses.items()
            if (value := str(annotations.get(_ALB + key))) != usual
        ]
    return sorted(found)
