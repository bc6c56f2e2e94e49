"""Alert rules and recorded metrics of the whole platform; lib/alerts says where each metric comes from."""

from charts_src.lib.alerts import rule_groups
from charts_src.lib.monitoring import prometheus_rule
from charts_src.lib.namespaces import MONITORING
from charts_src.manifest import Component


class AlertRules(Component):
    """A PrometheusRule for each concern."""

    name = "alert-rules"
    target_namespace = MONITORING

    def compose(self) -> None:
        """Add each object."""
        for concern, groups in rule_groups(self.env.monitoring).items():
            self.add(prometheus_rule(concern, groups))
