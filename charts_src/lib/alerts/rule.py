"""Rules as Prometheus knows them."""

from typing import Literal

from charts_src.objects import Body

Severity = Literal["critical", "warning", "info"]
"""critical: someone must act now; warning: someone must act today; info: shown, but nobody is told."""


def alert(name: str, severity: Severity, expression: str, minutes: int, *texts: str) -> Body:
    """Give a rule that fires when the expression has had a result for so long; texts: summary, what to do."""
    summary, description = texts
    return {
        "alert": name,
        "expr": _one_line(expression),
        **({"for": f"{minutes}m"} if minutes else {}),
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": description},
    }


def record(name: str, expression: str) -> Body:
    """Give a rule that keeps the result of an expression as a metric."""
    return {"record": name, "expr": _one_line(expression)}


def group(name: str, *rules: Body) -> Body:
    """Give a group of rules, evaluated in this order."""
    return {"name": name, "rules": list(rules)}


def _one_line(expression: str) -> str:
    return " ".join(expression.split())
