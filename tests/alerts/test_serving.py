from pathlib import Path

from tests.alerts.promtool import Case, run

APP = 'namespace="stable-diffusion",application="sdxl",route="/",pod="w1"'
OF_APP = {"namespace": "stable-diffusion", "application": "sdxl"}
DEPLOYMENT = 'namespace="stable-diffusion",application="sdxl",deployment="Model"'
OF_DEPLOYMENT = OF_APP | {"deployment": "Model"}
ALL, WRONG = "ray_serve_num_http_requests_total", "ray_serve_num_http_error_requests_total"
BUCKET = "ray_serve_http_request_latency_ms_bucket"
READY = 'kube_rayservice_condition{namespace="stable-diffusion",name="sdxl",type="Ready",reason="x"}'

CASES = [
    Case(
        "ServeErrors",
        {f"{ALL}{{{APP}}}": "0+100x60", f"{WRONG}{{{APP}}}": "0+10x60"},
        OF_APP,
        {f"{ALL}{{{APP}}}": "0+100x60", f"{WRONG}{{{APP}}}": "0+1x60"},
    ),
    Case(
        "ServeSlow",
        {f'{BUCKET}{{{APP},le="60000"}}': "0+90x60", f'{BUCKET}{{{APP},le="120000"}}': "0+100x60"}
        | {f'{BUCKET}{{{APP},le="+Inf"}}': "0+100x60"},
        OF_APP,
        {f'{BUCKET}{{{APP},le="60000"}}': "0+100x60", f'{BUCKET}{{{APP},le="+Inf"}}': "0+100x60"},
    ),
    Case(
        "ServeQueueGrows",
        {f"ray_serve_deployment_queued_queries{{{DEPLOYMENT}}}": "30x60"},
        OF_DEPLOYMENT,
        {f"ray_serve_deployment_queued_queries{{{DEPLOYMENT}}}": "30x55 0x5"},
    ),
    Case(
        "ServeWithoutReplicas",
        {f"ray_serve_deployment_replica_healthy{{{DEPLOYMENT}}}": "0x60"},
        OF_DEPLOYMENT,
        {f"ray_serve_deployment_replica_healthy{{{DEPLOYMENT}}}": "1x60"},
    ),
    Case(
        "ServeReplicasFailChecks",
        {f"ray_serve_health_check_failures_total{{{DEPLOYMENT}}}": "0+1x60"},
        OF_DEPLOYMENT,
        {f"ray_serve_health_check_failures_total{{{DEPLOYMENT}}}": "0x50 1x10"},
    ),
    Case(
        "RayServiceNotReady",
        {READY: "0x60"},
        {"namespace": "stable-diffusion", "name": "sdxl"},
        {READY: "0x45 1x15"},
    ),
]


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    assert run(CASES, tmp_path) == ""
