from pathlib import Path

from tests.alerts.promtool import Case, run

PROMETHEUS = 'pod="prometheus-prometheus-0"'
OF_PROMETHEUS = {"pod": "prometheus-prometheus-0"}
ALERTMANAGER = 'pod="alertmanager-alertmanager-0"'
OF_ALERTMANAGER = {"pod": "alertmanager-alertmanager-0"}
CERTIFICATE = 'certmanager_certificate_expiration_timestamp_seconds{namespace="ray",name="web"}'
READY = 'certmanager_certificate_ready_status{namespace="ray",name="web",condition="False"}'
EXTERNAL = (
    'externalsecret_status_condition{namespace="monitoring",name="grafana",condition="Ready",status="False"}'
)
LISTED = 'kube_state_metrics_list_total{resource="*v1.Pod",result='
SENT = f'alertmanager_notifications_failed_total{{{ALERTMANAGER},integration="sns",reason="other"}}'

CASES = [
    Case(
        "TargetDown",
        {'up{job="dcgm",namespace="accelerators",instance="a"}': "1x60"}
        | {'up{job="dcgm",namespace="accelerators",instance="b"}': "0x60"},
        {"job": "dcgm", "namespace": "accelerators"},
        {'up{job="dcgm",namespace="accelerators",instance="a"}': "1x60"}
        | {'up{job="dcgm",namespace="accelerators",instance="b"}': "0x50 1x10"},
    ),
    Case(
        "PrometheusConfigInvalid",
        {f"prometheus_config_last_reload_successful{{{PROMETHEUS}}}": "0x60"},
        OF_PROMETHEUS,
        {f"prometheus_config_last_reload_successful{{{PROMETHEUS}}}": "1x60"},
    ),
    Case(
        "PrometheusRulesFail",
        {f'prometheus_rule_evaluation_failures_total{{{PROMETHEUS},rule_group="r"}}': "0+1x60"},
        OF_PROMETHEUS | {"rule_group": "r"},
        {f'prometheus_rule_evaluation_failures_total{{{PROMETHEUS},rule_group="r"}}': "3x60"},
    ),
    Case(
        "PrometheusWithoutAlertmanager",
        {f"prometheus_notifications_alertmanagers_discovered{{{PROMETHEUS}}}": "0x60"},
        OF_PROMETHEUS,
        {f"prometheus_notifications_alertmanagers_discovered{{{PROMETHEUS}}}": "2x60"},
    ),
    Case(
        "PrometheusStorageFails",
        {f"prometheus_tsdb_compactions_failed_total{{{PROMETHEUS}}}": "0x50 1x10"},
        OF_PROMETHEUS,
        {f"prometheus_tsdb_compactions_failed_total{{{PROMETHEUS}}}": "1x60"},
    ),
    Case(
        "PrometheusDropsSamples",
        {f"prometheus_target_scrapes_sample_out_of_order_total{{{PROMETHEUS}}}": "0+1x60"},
        OF_PROMETHEUS,
        {f"prometheus_target_scrapes_sample_out_of_order_total{{{PROMETHEUS}}}": "0x60"},
    ),
    Case(
        "RemoteWriteFails",
        {f'prometheus_remote_storage_samples_failed_total{{{PROMETHEUS},url="https://a"}}': "0+60x60"},
        OF_PROMETHEUS | {"url": "https://a"},
        {f'prometheus_remote_storage_samples_failed_total{{{PROMETHEUS},url="https://a"}}': "0x60"},
    ),
    Case(
        "KubeStateMetricsFails",
        {f'{LISTED}"error"}}': "0+60x60", f'{LISTED}"success"}}': "0+60x60"},
        {"resource": "*v1.Pod"},
        {f'{LISTED}"error"}}': "0x60", f'{LISTED}"success"}}': "0+60x60"},
    ),
    Case("NotificationsFail", {SENT: "0+1x60"}, OF_ALERTMANAGER | {"integration": "sns"}, {SENT: "5x60"}),
    Case(
        "AlertmanagerConfigInvalid",
        {f"alertmanager_config_last_reload_successful{{{ALERTMANAGER}}}": "0x60"},
        OF_ALERTMANAGER,
        {f"alertmanager_config_last_reload_successful{{{ALERTMANAGER}}}": "1x60"},
    ),
    Case(
        "AlertmanagersApart",
        {f"alertmanager_cluster_members{{{ALERTMANAGER}}}": "1x60"},
        OF_ALERTMANAGER,
        {f"alertmanager_cluster_members{{{ALERTMANAGER}}}": "2x60"},
    ),
    Case(
        "CertificateExpires",
        {CERTIFICATE: "864000x60"},
        {"namespace": "ray", "name": "web"},
        {CERTIFICATE: "5000000x60"},
    ),
    Case("CertificateNotReady", {READY: "1x60"}, {"namespace": "ray", "name": "web"}, {READY: "0x60"}),
    Case(
        "SecretNotSynced",
        {EXTERNAL: "1x60"},
        {"namespace": "monitoring", "name": "grafana"},
        {EXTERNAL: "0x60"},
    ),
]


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    assert run(CASES, tmp_path) == ""
