"""Rules on what is watched and who is told."""

from collections.abc import Iterator
from typing import Final

from charts_src.objects import Body
from charts_src.policy.rule import Violation

SEVERITIES: Final = ("critical", "warning", "info")
"""Values of the label that routes an alert (charts_src/lib/alert_routes.py)."""


def alerts(body: Body) -> Iterator[Violation]:
    """Demand that a rule alerts or records, and a severity of every alert, by which it is routed.

    Source of the former: Prometheus, model/rulefmt/rulefmt.go.
    """
    if body["kind"] != "PrometheusRule":
        return
    for group, each in enumerate(body["spec"]["groups"]):
        for index, rule in enumerate(each["rules"]):
            if ("alert" in rule) == ("record" in rule):
                path = f"spec.groups[{group}].rules[{index}]"
                yield Violation(path, "must have one of alert and record")
            if "alert" in rule and rule.get("labels", {}).get("severity") not in SEVERITIES:
                path = f"spec.groups[{group}].rules[{index}].labels.severity"
                yield Violation(path, f"must be one of {', '.join(SEVERITIES)}")


def chosen(body: Body) -> Iterator[Violation]:
    """Refuse monitors that take whatever is in the namespace."""
    if body["kind"] in ("PodMonitor", "ServiceMonitor") and not body["spec"].get("selector"):
        yield Violation("spec.selector", "takes everything in the namespace; select by labels")
