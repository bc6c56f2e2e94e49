from typing import Any

from cdk8s import App

from charts_src.components.alertmanager import Alertmanager
from tests.ray_environment import environment, rendered

TOPIC = "arn:aws:sns:us-west-2:111122223333:alerts"


def component(**alertmanager: Any) -> Alertmanager:
    return Alertmanager(App(), environment(monitoring={"alertmanager": alertmanager}))


def routes(**alertmanager: Any) -> Any:
    return rendered(component(**alertmanager))["AlertmanagerConfig/platform"]["spec"]


def test_without_receivers_nobody_is_told_and_nothing_leaves_the_cluster() -> None:
    spec = routes()
    assert spec["receivers"] == [{"name": "nobody"}]
    assert spec["route"]["receiver"] == "nobody"
    chart = component()
    assert chart.pod_identities() == ()
    egress = rendered(chart)["NetworkPolicy/alertmanager"]["spec"]["egress"]
    assert [sorted(rule["to"][0]) for rule in egress] == [["podSelector"]]


def test_people_are_told_by_topic_and_channel() -> None:
    spec = routes(sns_topic="alerts", slack_channel="#alerts")
    assert spec["route"]["receiver"] == "people"
    _, people = spec["receivers"]
    (topic,), (channel,) = people["snsConfigs"], people["slackConfigs"]
    assert (topic["topicARN"], topic["sigv4"]) == (TOPIC, {"region": "us-west-2"})
    assert channel["apiURL"] == {"name": "alertmanager-slack", "key": "url"}
    assert channel["channel"] == "#alerts"


def test_the_topic_may_be_published_to() -> None:
    (identity,) = component(sns_topic="alerts").pod_identities()
    assert identity.service_account == "alertmanager"
    (statement,) = identity.policies["publish-alerts"]
    assert (statement["Action"], statement["Resource"]) == (["sns:Publish"], [TOPIC])


def test_urls_that_are_secret_come_from_the_secret_store() -> None:
    objects = rendered(component(slack_channel="#alerts", dead_mans_switch=True))
    for name in ("alertmanager-slack", "alertmanager-watchdog"):
        (data,) = objects[f"ExternalSecret/{name}"]["spec"]["data"]
        assert (data["secretKey"], data["remoteRef"]["key"]) == ("url", f"genai-dev/{name}")


def test_the_alert_that_always_fires_goes_to_the_dead_mans_switch_alone() -> None:
    spec = routes(slack_channel="#alerts", dead_mans_switch=True)
    watchdog, info = spec["route"]["routes"]
    assert watchdog["receiver"] == "watchdog"
    assert watchdog["matchers"] == [{"name": "alertname", "value": "Watchdog", "matchType": "="}]
    assert info["receiver"] == "nobody"


def test_every_route_has_its_receiver() -> None:
    for given in ({}, {"sns_topic": "a"}, {"slack_channel": "#a"}, {"dead_mans_switch": True}):
        spec = routes(**given)
        used = {spec["route"]["receiver"], *(route["receiver"] for route in spec["route"]["routes"])}
        assert used <= {receiver["name"] for receiver in spec["receivers"]}


def test_the_servers_find_one_another_over_both_transports() -> None:
    rules = rendered(component())["NetworkPolicy/alertmanager"]["spec"]
    mesh = [{"port": 9094, "protocol": "TCP"}, {"port": 9094, "protocol": "UDP"}]
    assert rules["egress"][0]["ports"] == mesh
    assert rules["ingress"][-1]["ports"] == mesh
