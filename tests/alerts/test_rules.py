import json
import re
from pathlib import Path
from typing import Any

import yaml

from charts_src.lib.alerts import rule_groups
from charts_src.lib.dashboards import DASHBOARDS
from charts_src.model.monitoring import AlertThresholds, Monitoring
from tests.alerts import test_accelerators, test_jobs, test_machines, test_observers, test_serving
from tests.alerts.promtool import Case, promtool, rules, run, write_rules

SUITES = (test_accelerators, test_jobs, test_machines, test_observers, test_serving)
PRICE = "karpenter_cloudprovider_instance_type_offering_price_estimate"
RESERVED = (
    'kube_node_labels{node="n1",label_karpenter_sh_nodepool="gpu",label_karpenter_sh_capacity_type="reserved",'
    'label_node_kubernetes_io_instance_type="p5.48xlarge",label_topology_kubernetes_io_zone="us-west-2a"}'
)


def _results(folder: Path, series: dict[str, str], expression: str, samples: list[dict[str, Any]]) -> str:
    write_rules(folder / "rules.yaml")
    test = {
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "promql_expr_test": [{"expr": expression, "eval_time": "30m", "exp_samples": samples}],
    }
    specification = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "tests.yaml").write_text(yaml.safe_dump(specification, width=10_000))
    return promtool("test", "rules", str(folder / "tests.yaml"))


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    tested = {case.alert for suite in SUITES for case in suite.CASES if case.good}
    assert set(rules()) - tested == {"Watchdog"}


def test_the_watchdog_fires_always(tmp_path: Path) -> None:
    answer = run([Case("Watchdog", {}, {}, {})], tmp_path)
    assert "Watchdog, good" in answer
    assert "Watchdog, bad" not in answer


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    case = test_machines.CASES[0]
    assert "NodeClaimNotReady" in run([case._replace(good=case.bad)], tmp_path)
    assert "NodeClaimNotReady" in run([case._replace(bad=case.good)], tmp_path)


def test_prometheus_takes_every_rule(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules.yaml")
    assert "FAILED" not in promtool("check", "rules", str(tmp_path / "rules.yaml"))


def test_thresholds_of_the_environment_reach_the_rules() -> None:
    limits = AlertThresholds(idle_accelerator_minutes=45, training_hang_minutes=7)
    text = json.dumps(rule_groups(Monitoring(alerts=limits)))
    (idle,) = (
        rule
        for group in rule_groups(Monitoring(alerts=limits))["accelerators"]
        for rule in group["rules"]
        if rule.get("alert") == "AcceleratorIdle"
    )
    assert idle["for"] == "45m"
    assert "(train_heartbeat_timestamp_seconds) > 420" in text


def test_a_reserved_node_costs_what_it_would_on_demand(tmp_path: Path) -> None:
    offer = '{{instance_type="p5.48xlarge",zone="us-west-2a",capacity_type="{0}"}}'
    series = {
        RESERVED: "1x30",
        PRICE + offer.format("on-demand"): "55x30",
        PRICE + offer.format("spot"): "20x30",
        PRICE + offer.format("reserved"): "0.0000055x30",
    }
    wanted = [{"labels": '{nodepool="gpu"}', "value": 55}]
    assert _results(tmp_path, series, "sum by (nodepool) (node:price:dollars_per_hour)", wanted) == ""


def test_gpus_that_do_nothing_are_counted(tmp_path: Path) -> None:
    series = test_accelerators.GPU_POD | {'DCGM_FI_DEV_GPU_UTIL{namespace="ray",pod="a",gpu="0"}': "0x30"}
    wanted = [{"labels": '{namespace="ray"}', "value": 4}]
    assert (
        _results(tmp_path, series, "sum by (namespace) (namespace_pod:accelerators_idle:sum)", wanted) == ""
    )


def test_prometheus_takes_every_query_of_every_dashboard(tmp_path: Path) -> None:
    queries = [
        target["expr"].replace("$namespace", ".*")
        for dashboard in DASHBOARDS.values()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]
    records = [{"record": f"q{number}", "expr": query} for number, query in enumerate(queries)]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}, width=10_000))
    assert "FAILED" not in promtool("check", "rules", str(path))
    assert not [query for query in queries if re.search(r"[{}]{2}", query)]
