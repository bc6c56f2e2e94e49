"""Who is told of alerts: an AlertmanagerConfig, which is what Alertmanager is configured by as a whole.

Source: AlertmanagerConfig v1alpha1 of prometheus-operator v0.94.1. Alertmanager's own file would be a Secret.
"""

from collections.abc import Iterator

from charts_src.lib.external_secrets import external_secret
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "platform"
SLACK_SECRET = "alertmanager-slack"  # noqa: S105  # the name of a Secret
WATCHDOG_SECRET = "alertmanager-watchdog"  # noqa: S105  # the name of a Secret
_NOBODY = "nobody"
_PEOPLE = "people"
_WATCHDOG = "watchdog"

_TITLE = "[{{ .Status }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.namespace }}"
_TEXT = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n\n{{ end }}"

_CAUSES = (
    ("NodeBroken", ("AcceleratorsMissing", "AcceleratorsUnseen", "GpuHot", "NodeNotReady"), ("node",)),
    ("NodeNotReady", ("AcceleratorsMissing", "AcceleratorsUnseen"), ("node",)),
    ("VolumeFull", ("VolumeFills",), ("namespace", "persistentvolumeclaim")),
)
"""Alert, those that it makes superfluous, and the labels that they then have in common."""


def sends(env: Environment) -> bool:
    """Say whether anything outside the cluster is told of alerts."""
    section = env.monitoring.alertmanager
    return bool(section.sns_topic or section.slack_channel or section.dead_mans_switch)


def topic_arn(env: Environment) -> str:
    """Give the ARN of the SNS topic."""
    return f"arn:aws:sns:{env.aws.region}:{env.aws.account}:{env.monitoring.alertmanager.sns_topic}"


def alert_routes(env: Environment) -> Iterator[Body]:
    """Give the routes, and the secrets that the receivers need."""
    section = env.monitoring.alertmanager
    yield {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": NAME},
        "spec": {
            "route": _route(env),
            "receivers": list(_receivers(env)),
            "inhibitRules": _inhibitions(),
        },
    }
    if section.slack_channel:
        yield external_secret(env, SLACK_SECRET, ["url"])
    if section.dead_mans_switch:
        yield external_secret(env, WATCHDOG_SECRET, ["url"])


def _route(env: Environment) -> Body:
    """Tell people of everything but the alert that always fires, which goes to the dead man's switch."""
    section = env.monitoring.alertmanager
    people = _PEOPLE if section.sns_topic or section.slack_channel else _NOBODY
    watchdog = {
        "receiver": _WATCHDOG if section.dead_mans_switch else _NOBODY,
        "matchers": [_matcher("alertname", "Watchdog")],
        "groupWait": "0s",
        "groupInterval": "1m",
        "repeatInterval": "5m",
    }
    info = {"receiver": _NOBODY, "matchers": [_matcher("severity", "info")]}
    return {
        "receiver": people,
        "groupBy": ["alertname", "cluster", "namespace"],
        "groupWait": "30s",
        "groupInterval": "5m",
        "repeatInterval": "4h",
        "routes": [watchdog, info],
    }


def _receivers(env: Environment) -> Iterator[Body]:
    section = env.monitoring.alertmanager
    yield {"name": _NOBODY}
    if section.sns_topic or section.slack_channel:
        yield {"name": _PEOPLE, **_sns(env), **_slack(env)}
    if section.dead_mans_switch:
        webhook = {"urlSecret": {"name": WATCHDOG_SECRET, "key": "url"}, "sendResolved": False}
        yield {"name": _WATCHDOG, "webhookConfigs": [webhook]}


def _sns(env: Environment) -> Body:
    """Publish with the credentials of the ServiceAccount's role; SNS takes 100 characters as subject."""
    if not env.monitoring.alertmanager.sns_topic:
        return {}
    topic = {
        "topicARN": topic_arn(env),
        "sigv4": {"region": env.aws.region},
        "subject": "{{ .Status }}: {{ .CommonLabels.alertname }}",
        "message": _TEXT,
        "sendResolved": True,
    }
    return {"snsConfigs": [topic]}


def _slack(env: Environment) -> Body:
    channel = env.monitoring.alertmanager.slack_channel
    if not channel:
        return {}
    message = {
        "apiURL": {"name": SLACK_SECRET, "key": "url"},
        "channel": channel,
        "title": _TITLE,
        "text": _TEXT,
        "sendResolved": True,
    }
    return {"slackConfigs": [message]}


def _inhibitions() -> list[Body]:
    """Tell of the cause alone."""
    return [
        {
            "sourceMatch": [_matcher("alertname", cause)],
            "targetMatch": [_matcher("alertname", "|".join(effects), "=~")],
            "equal": list(shared),
        }
        for cause, effects, shared in _CAUSES
    ]


def _matcher(label: str, value: str, how: str = "=") -> Body:
    return {"name": label, "value": value, "matchType": how}
