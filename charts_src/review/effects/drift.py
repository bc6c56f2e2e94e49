"""Which nodes Karpenter replaces because a NodePool or an EC2NodeClass changed.

Sources: karpenter v1.15.0, Hash of pkg/apis/v1/nodepool.go (all of spec.template but requirements, lists as
sets) and areRequirementsDrifted of pkg/controllers/nodeclaim/disruption/drift.go; karpenter-provider-aws
v1.15.1, Hash of pkg/apis/v1/ec2nodeclass.go and isNodeClassDrifted of pkg/cloudprovider/drift.go.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from charts_src.diff.fields import MISSING, FieldChange
from charts_src.objects import Body
from charts_src.review.effects.edit import ORDER, Edit, within
from charts_src.review.effects.outcome import Outcome

_REQUIREMENTS = "spec.template.spec.requirements"

_BY_WHAT_THEY_FIND: Final = {
    "spec.amiSelectorTerms": "whose AMI it no longer selects",
    "spec.capacityReservationSelectorTerms": "in reservations that it no longer selects",
    "spec.securityGroupSelectorTerms": "whose security groups are others",
    "spec.subnetSelectorTerms": "in subnets that it no longer selects",
}
"""Fields that are not compared by themselves, but by what they select in AWS."""

_NEVER: Final = ("spec.ipPrefixCount",)
"""Fields of an EC2NodeClass that only new nodes have."""


def node_pool(edit: Edit) -> Outcome | None:
    """Say which nodes of a changed NodePool are replaced."""
    changes = [change for change in edit.fields if not change.path.endswith(ORDER)]
    template = [
        change
        for change in changes
        if within(change.path, "spec.template") and not within(change.path, _REQUIREMENTS)
    ]
    if template:
        return _drifting("all its nodes drift (NodePoolDrifted)", [edit.new])
    if any(_narrows(change, edit.new) for change in changes):
        which = "its nodes that no longer meet the requirements drift (RequirementsDrifted)"
        return _drifting(which, [edit.new])
    if edit.paths("spec"):
        return Outcome(
            "never", "no node drifts: weight, limits, disruption and wider requirements never do that"
        )
    return None


def node_class(edit: Edit, pools: Iterable[Body]) -> Outcome | None:
    """Say which nodes of the pools of a changed EC2NodeClass are replaced."""
    fields = [
        change.path
        for change in edit.fields
        if within(change.path, "spec") and not change.path.endswith(ORDER)
    ]
    if not fields:
        return None
    used = [pool for pool in pools if _class_of(pool) == edit.subject.name]
    hashed = [
        path for path in fields if not any(within(path, each) for each in (*_BY_WHAT_THEY_FIND, *_NEVER))
    ]
    if hashed:
        return _drifting("all its nodes drift (NodeClassDrift)", used)
    found = [
        text for field, text in _BY_WHAT_THEY_FIND.items() if any(within(path, field) for path in fields)
    ]
    if found:
        return _drifting(f"nodes {' or '.join(found)} drift", used)
    return Outcome("never", "no node drifts: only new nodes have it")


def _drifting(what: str, pools: Sequence[Body]) -> Outcome:
    """Say how fast the nodes of pools are replaced."""
    if not pools:
        return Outcome("never", "no pool names it")
    paces = "; ".join(f"{pool['metadata']['name']}: {pace(pool)}" for pool in pools)
    return Outcome("later" if all(map(_held, pools)) else "nodes", f"{what}: {paces}")


def pools_of(name: str, pools: Iterable[Body]) -> list[str]:
    """Name the NodePools that take their nodes from an EC2NodeClass."""
    return [pool["metadata"]["name"] for pool in pools if _class_of(pool) == name]


def pace(pool: Body) -> str:
    """Say how many of a pool's nodes are replaced at a time; without budgets it is 10%."""
    if _held(pool):
        return "not as long as its disruption budget is 0"
    limits = [
        f"at most {each['nodes']} of its nodes at a time"
        if "schedule" not in each
        else f"{each['nodes']} during {each['duration']} from {each['schedule']} (UTC)"
        for each in _budgets(pool)
    ]
    return ", ".join(limits) or "all at a time"


def _held(pool: Body) -> bool:
    """Say whether a budget keeps all nodes at all times."""
    return any(str(each["nodes"]).rstrip("%") == "0" and "schedule" not in each for each in _budgets(pool))


def _budgets(pool: Body) -> list[Body]:
    budgets = pool["spec"].get("disruption", {}).get("budgets", [{"nodes": "10%"}])
    return [each for each in budgets if "Drifted" in each.get("reasons", ("Drifted",))]


def _class_of(pool: Body) -> str:
    name: str = pool["spec"]["template"]["spec"]["nodeClassRef"]["name"]
    return name


def _narrows(change: FieldChange, pool: Body) -> bool:
    """Say whether a change of the requirements may leave nodes out."""
    if not within(change.path, _REQUIREMENTS) or change.path.endswith(".minValues"):
        return False
    if not change.path.endswith(".values[]"):
        return change.new is not MISSING
    key = change.path.removeprefix(f"{_REQUIREMENTS}[key=").partition("]")[0]
    requirements = pool["spec"]["template"]["spec"]["requirements"]
    operators = {each["operator"] for each in requirements if each["key"] == key}
    return change.new is MISSING if operators == {"In"} else True
