"""Ways into the cluster from outside that a change opens: load balancers, logins, the Kubernetes API.

Annotations and their defaults: AWS Load Balancer Controller v2, docs/guide/ingress/annotations.md and
docs/guide/service/annotations.md; the cluster's: eksctl's schema of ClusterConfig, `vpc`.
"""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from charts_src.diff.parse import Loader
from charts_src.objects import AWS_FOLDER, Body, Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.traffic import range_covers
from charts_src.review.sides import Pair, Side

_GATE = "network"
_ALB: Final = "alb.ingress.kubernetes.io/"
_NLB: Final = "service.beta.kubernetes.io/aws-load-balancer-"
_ANYWHERE: Final = ("0.0.0.0/0",)
_INSIDE = "internal"
CLUSTER = f"{AWS_FOLDER}/cluster.yaml"


def gate(pair: Pair) -> Iterator[Finding]:
    """Find what is reachable, or without a login, only after the change."""
    for change in pair.changes:
        if change.status == "removed":
            continue
        old = pair.old.body(change.identity) if change.status == "changed" else None
        for path, message in _EXPOSED.get(change.identity.kind, _nothing)(
            old, pair.new.body(change.identity)
        ):
            yield Finding(_GATE, change.identity, path, message)
    yield from _cluster(pair)


Exposures = Iterator[tuple[str, str]]
"""Path and message of each."""


def _nothing(old: Body | None, new: Body) -> Exposures:  # noqa: ARG001 - the shape of the others
    yield from ()


def _ingress(old: Body | None, new: Body) -> Exposures:
    before, after = _annotations(old), _annotations(new)
    yield from _opened(
        f'metadata.annotations["{_ALB}scheme"]',
        before.get(f"{_ALB}scheme", _INSIDE),
        after.get(f"{_ALB}scheme", _INSIDE),
    )
    name = f"{_ALB}inbound-cidrs"
    yield from _widened(
        f'metadata.annotations["{name}"]', old and _list(before.get(name)), _list(after.get(name))
    )
    login = f"{_ALB}auth-type"
    if before.get(login, "none") != "none" and after.get(login, "none") == "none":
        yield f'metadata.annotations["{login}"]', "asks for no login any more; keep it, or take the path away"
    action = f"{_ALB}auth-on-unauthenticated-request"
    if after.get(action) == "allow" and before.get(action) != "allow":
        yield f'metadata.annotations["{action}"]', "lets in who has not logged in; write authenticate"


def _parameters(old: Body | None, new: Body) -> Exposures:
    before, after = (old or {}).get("spec") or {}, new.get("spec") or {}
    yield from _opened("spec.scheme", before.get("scheme", _INSIDE), after.get("scheme", _INSIDE))
    ranges = tuple(after.get("inboundCIDRs") or _ANYWHERE)
    yield from _widened("spec.inboundCIDRs", old and tuple(before.get("inboundCIDRs") or _ANYWHERE), ranges)


def _service(old: Body | None, new: Body) -> Exposures:
    before, after = (old or {}).get("spec") or {}, new.get("spec") or {}
    outside = ("LoadBalancer", "NodePort")
    kind, was = after.get("type"), before.get("type")
    if kind in outside and was != kind:
        yield "spec.type", f"is {kind}, was {was or 'ClusterIP'}: reachable from outside; use an Ingress"
    if added := sorted(set(after.get("externalIPs") or ()) - set(before.get("externalIPs") or ())):
        yield "spec.externalIPs", f"takes traffic for {', '.join(added)}; leave it out"
    scheme = f"{_NLB}scheme"
    schemes = (_annotations(each).get(scheme, _INSIDE) for each in (old, new))
    yield from _opened(f'metadata.annotations["{scheme}"]', *schemes)
    if kind == "LoadBalancer":
        ranges = tuple(after.get("loadBalancerSourceRanges") or _ANYWHERE)
        known = tuple(before.get("loadBalancerSourceRanges") or _ANYWHERE) if was == kind else None
        yield from _widened("spec.loadBalancerSourceRanges", known, ranges)


def _opened(path: str, old: str, new: str) -> Exposures:
    if new != _INSIDE and old == _INSIDE:
        yield path, f"is {new}: the internet reaches it; write {_INSIDE}"


def _widened(path: str, old: Any, new: tuple[str, ...]) -> Exposures:
    """Compare ranges; of what is new, only ranges of all addresses are told."""
    known = old if old is not None else ()
    for cidr in new:
        if not any(_covers(each, cidr) for each in known) and (old is not None or cidr in _ANYWHERE):
            yield path, f"lets in {cidr}, which it did not; name the ranges that need it"


def _covers(wide: str, narrow: str) -> bool:
    try:
        return range_covers(wide, narrow)
    except ValueError:  # a prefix list, which only AWS can look into
        return wide == narrow


def _list(text: object) -> tuple[str, ...]:
    return tuple(each.strip() for each in str(text).split(",")) if text else _ANYWHERE


def _annotations(body: Body | None) -> dict[str, str]:
    return ((body or {}).get("metadata") or {}).get("annotations") or {}


_EXPOSED = {"Ingress": _ingress, "IngressClassParams": _parameters, "Service": _service}


def cluster_config(side: Side) -> Body:
    """Give the ClusterConfig of eksctl; empty where a side has none."""
    return yaml.load(side.files.get(CLUSTER, "{}"), Loader) or {}  # noqa: S506 - safe loader


def _cluster(pair: Pair) -> Iterator[Finding]:
    """Compare who reaches the Kubernetes API."""
    if pair.old.files.get(CLUSTER) == pair.new.files.get(CLUSTER) or CLUSTER not in pair.new.files:
        return
    new = cluster_config(pair.new)
    identity = Identity("eksctl.io", "ClusterConfig", "", (new.get("metadata") or {}).get("name", pair.name))
    old_ranges = _api_ranges(cluster_config(pair.old)) if CLUSTER in pair.old.files else None
    for path, message in _widened("vpc.publicAccessCIDRs", old_ranges, _api_ranges(new)):
        yield Finding(_GATE, identity, path, f"the Kubernetes API {message}")


def _api_ranges(config: Body) -> tuple[str, ...]:
    """Give the ranges that reach the public endpoint; none where it is off."""
    vpc = config.get("vpc") or {}
    if not (vpc.get("clusterEndpoints") or {}).get("publicAccess"):
        return ()
    return tuple(vpc.get("publicAccessCIDRs") or _ANYWHERE)
