"""Alert rules and the recorded metrics that they and the dashboards share, one module for each concern.

An annotation may name labels of the alert, never a value: what one sees twice in a row should read the same.
`description` says what to do.
"""

from charts_src.lib.alerts import accelerators, capacity, jobs, machines, observers, serving
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

_MODULES = (accelerators, capacity, jobs, machines, observers, serving)


def rule_groups(monitoring: Monitoring) -> dict[str, list[Body]]:
    """Give the groups of rules of each concern."""
    return {module.NAME: module.groups(monitoring) for module in _MODULES}
