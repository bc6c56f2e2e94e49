"""What watches and what vouches: Prometheus, Alertmanager, targets, certificates, secrets.

Metrics, with their source: prometheus_* and alertmanager_* of the programs themselves, as the alerts of their
own repositories (documentation/prometheus-mixin, doc/alertmanager-mixin) use them; certmanager_* pkg/metrics
of cert-manager v1.21.2; externalsecret_* pkg/controllers/externalsecret/esmetrics of external-secrets v1.3.2;
kube_state_metrics_* kube-state-metrics v2.20.0. Names in metrics of controllers clash with those of the
target, so without honorLabels they are exported_*; the rules take both.
"""

from charts_src.lib.alerts.rule import alert, group
from charts_src.model.monitoring import Monitoring
from charts_src.objects import Body

NAME = "observers"


def groups(monitoring: Monitoring) -> list[Body]:
    """Give the rules."""
    return [
        group("watchdog", _watchdog()),
        group("prometheus", *_prometheus()),
        group("alertmanager", *_alertmanager(monitoring)),
        group("certificates-and-secrets", *_vouchers(monitoring)),
    ]


def _watchdog() -> Body:
    return alert(
        "Watchdog",
        "info",
        "vector(1)",
        0,
        "Alerting works",
        "This alert always fires. The dead man's switch raises an alarm when it does not arrive any more.",
    )


def _prometheus() -> list[Body]:
    log = "See the log of the pod."
    return [
        alert(
            "TargetDown",
            "warning",
            "count by (job, namespace) (up == 0) / count by (job, namespace) (up) > 0.1",
            15,
            "Prometheus does not reach {{ $labels.job }} in {{ $labels.namespace }}",
            "See Status, Targets in Prometheus: the program is down, or a network policy is missing.",
        ),
        alert(
            "PrometheusConfigInvalid",
            "critical",
            "max_over_time(prometheus_config_last_reload_successful[5m]) == 0",
            10,
            "{{ $labels.pod }} works with an old configuration",
            f"A monitor or rule that was added last is refused. {log}",
        ),
        alert(
            "PrometheusRulesFail",
            "critical",
            "sum by (pod, rule_group) (increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
            15,
            "{{ $labels.pod }} can't evaluate rules of {{ $labels.rule_group }}",
            f"Their alerts do not fire. {log}",
        ),
        alert(
            "PrometheusWithoutAlertmanager",
            "critical",
            "max_over_time(prometheus_notifications_alertmanagers_discovered[5m]) < 1",
            10,
            "{{ $labels.pod }} finds no Alertmanager",
            "Nobody is told of alerts: is Alertmanager running?",
        ),
        alert(
            "PrometheusStorageFails",
            "warning",
            """increase(prometheus_tsdb_reloads_failures_total[3h]) > 0
            or increase(prometheus_tsdb_compactions_failed_total[3h]) > 0
            or increase(prometheus_tsdb_wal_corruptions_total[3h]) > 0""",
            0,
            "{{ $labels.pod }} has trouble with its data",
            f"Its volume is full or damaged. {log}",
        ),
        alert(
            "PrometheusDropsSamples",
            "warning",
            """increase(prometheus_target_scrapes_sample_out_of_order_total[15m]) > 0
            or increase(prometheus_target_scrapes_exceeded_sample_limit_total[15m]) > 0""",
            15,
            "{{ $labels.pod }} refuses samples of a target",
            f"A target is scraped twice, or has more series than it may. {log}",
        ),
        alert(
            "RemoteWriteFails",
            "critical",
            "sum by (pod, url) (rate(prometheus_remote_storage_samples_failed_total[5m])) > 0",
            15,
            "{{ $labels.pod }} can't write to {{ $labels.url }}",
            "Metrics are missing there: may the ServiceAccount's role write to the workspace?",
        ),
        alert(
            "KubeStateMetricsFails",
            "critical",
            """sum by (resource) (rate(kube_state_metrics_list_total{result="error"}[5m]))
            / sum by (resource) (rate(kube_state_metrics_list_total[5m])) > 0.1""",
            15,
            "kube-state-metrics can't list {{ $labels.resource }}",
            "It lacks a permission, or the definition of the kind is missing.",
        ),
    ]


def _alertmanager(monitoring: Monitoring) -> list[Body]:
    return [
        alert(
            "NotificationsFail",
            "critical",
            "sum by (pod, integration) (increase(alertmanager_notifications_failed_total[5m])) > 0",
            10,
            "{{ $labels.pod }} can't send by {{ $labels.integration }}",
            "People are not told of alerts: see its log; is the secret or the role of the receiver right?",
        ),
        alert(
            "AlertmanagerConfigInvalid",
            "critical",
            "max_over_time(alertmanager_config_last_reload_successful[5m]) == 0",
            10,
            "{{ $labels.pod }} works with an old configuration",
            "A change of its routes is refused: see its log.",
        ),
        alert(
            "AlertmanagersApart",
            "warning",
            f"max_over_time(alertmanager_cluster_members[5m]) < {monitoring.alertmanager.replicas}",
            15,
            "{{ $labels.pod }} does not see all other Alertmanagers",
            "Alerts are sent twice: port 9094 is closed between them, or one is down.",
        ),
    ]


def _vouchers(monitoring: Monitoring) -> list[Body]:
    left = "certmanager_certificate_expiration_timestamp_seconds"
    return [
        alert(
            "CertificateExpires",
            "critical",
            f"min by (exported_namespace, namespace, name) ({left} > 0) - time() "
            f"< {monitoring.alerts.certificate_days * 86400}",
            15,
            "Certificate {{ $labels.name }} expires soon",
            "cert-manager should have renewed it: see the conditions of the Certificate and its requests.",
        ),
        alert(
            "CertificateNotReady",
            "warning",
            "max by (exported_namespace, namespace, name) "
            '(certmanager_certificate_ready_status{condition="False"}) == 1',
            15,
            "Certificate {{ $labels.name }} is not ready",
            "Webhooks that serve with it refuse every write: see the conditions of the Certificate.",
        ),
        alert(
            "SecretNotSynced",
            "critical",
            "max by (exported_namespace, namespace, name) "
            '(externalsecret_status_condition{condition="Ready",status="False"}) == 1',
            15,
            "ExternalSecret {{ $labels.name }} can't be read",
            "Is the remote secret there, and may the store's role read it?",
        ),
    ]
