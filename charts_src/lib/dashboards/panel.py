"""The vocabulary of dashboards: queries, panels, and their place on the page.

Source: Grafana's JSON model of a dashboard, schema version 41; Grafana 13 brings older ones up to date by
itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from charts_src.objects import Body

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
"""The one data source, by the uid that its provisioning gives it."""

NAMESPACE = "$namespace"
"""Variable for the namespaces that are chosen at the top of a dashboard."""

_WIDTH = 24


class Query(NamedTuple):
    """An expression in PromQL, and what its results are called; {{label}} stands for a label's value."""

    expression: str
    legend: str = ""


class Panel(NamedTuple):
    """One panel without its place."""

    kind: Literal["stat", "table", "timeseries"]
    title: str
    unit: str
    queries: tuple[Query, ...]
    description: str = ""
    width: int = 12
    height: int = 8
    options: Mapping[str, Any] = MappingProxyType({})
    custom: Mapping[str, Any] = MappingProxyType({})


def stat(title: str, unit: str, expression: str, description: str = "") -> Panel:
    """Give a panel with one large number."""
    options = {
        "colorMode": "value",
        "graphMode": "area",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return Panel("stat", title, unit, (Query(expression),), description, 6, 4, options)


def graph(title: str, unit: str, *queries: Query, description: str = "", stacked: bool = False) -> Panel:
    """Give a panel with lines over time, or with areas that add up."""
    custom = {
        "drawStyle": "line",
        "fillOpacity": 30 if stacked else 5,
        "lineWidth": 1,
        "showPoints": "never",
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
    }
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel("timeseries", title, unit, queries, description, options=options, custom=custom)


def table(title: str, unit: str, expression: str, description: str = "") -> Panel:
    """Give a panel with one row for each result of now, largest first, a column for each of its labels."""
    options = {"showHeader": True, "sortBy": [{"displayName": "Value", "desc": True}]}
    return Panel("table", title, unit, (Query(expression),), description, options=options)


def dashboard(uid: str, title: str, panels: Sequence[Panel], namespaces_of: str | None = None) -> Body:
    """Give a dashboard; `namespaces_of` is a metric whose namespaces can be chosen from at the top."""
    return {
        "uid": uid,
        "title": title,
        "tags": ["genai-on-eks"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": [_namespaces(namespaces_of)] if namespaces_of else []},
        "panels": [_body(panel, number, place) for number, panel, place in _placed(panels)],
    }


def _placed(panels: Sequence[Panel]) -> Iterator[tuple[int, Panel, Body]]:
    """Set panels from left to right, and start a new row where the next one does not fit."""
    x = y = row = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > _WIDTH:
            x, y, row = 0, y + row, 0
        yield number, panel, {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x, row = x + panel.width, max(row, panel.height)


def _body(panel: Panel, number: int, place: Body) -> Body:
    defaults: Body = {"unit": panel.unit, **({"custom": dict(panel.custom)} if panel.custom else {})}
    body: Body = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": dict(panel.options),
        "targets": [
            _target(query, chr(ord("A") + index), panel.kind) for index, query in enumerate(panel.queries)
        ],
    }
    if panel.kind == "table":
        hidden = {"Time": True, "__name__": True}
        body["transformations"] = [{"id": "organize", "options": {"excludeByName": hidden}}]
    return body


def _target(query: Query, letter: str, kind: str) -> Body:
    instant = kind == "table"
    return {
        "refId": letter,
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": " ".join(query.expression.split()),
        "legendFormat": query.legend or "__auto",
        "instant": instant,
        "range": not instant,
        **({"format": "table"} if instant else {}),
    }


def _namespaces(metric: str) -> Body:
    query = f"label_values({metric}, namespace)"
    return {
        "name": "namespace",
        "label": "Namespace",
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": "A"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
        "regex": "",
    }
