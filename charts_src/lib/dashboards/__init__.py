"""Grafana dashboards, one module for each subject; uids and ids of panels stay from render to render."""

from charts_src.lib.dashboards import cost, gpu, karpenter, neuron, queues, ray, storage, training
from charts_src.objects import Body

DASHBOARDS: dict[str, Body] = {
    module.DASHBOARD["uid"]: module.DASHBOARD
    for module in (cost, gpu, karpenter, neuron, queues, ray, storage, training)
}
"""uid -> dashboard, as Grafana's JSON model has it."""
