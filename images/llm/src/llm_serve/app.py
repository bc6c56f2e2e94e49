"""The application that the RayService llm names: `llm_serve.app:build` with its `args`.

It is put together from the parts of Ray's own builder, ray.serve.llm.build_openai_app, with an HTTP side that
is safe behind a login (web.py), and with no more ways in than callers need.

Source: ray/llm/_internal/serve/core/ingress/builder.py, Ray 2.60.0.
"""

from typing import Any

from pydantic import ValidationError
from ray import serve
from ray.llm._internal.serve.core.configs.openai_api_models import to_model_metadata
from ray.llm._internal.serve.core.ingress import ingress
from ray.serve.deployment import Application
from ray.serve.llm import LLMServingArgs, build_llm_deployment
from ray.serve.llm.ingress import OpenAiIngress, make_fastapi_ingress

from llm_serve.web import http_app

ENDPOINTS = ("models", "model_data", "completions", "chat", "embeddings")
"""What callers may do, by Ray's names."""


class Api(OpenAiIngress):
    """The HTTP side; its name is the deployment's in the configuration of Serve."""


def build(args: dict[str, Any]) -> Application:
    """Give the application: Api in front of one LLMServer for each of `llm_configs`.

    Raises ValueError, in one line, for arguments that Ray or vLLM does not know.
    """
    configs = _validated(args)
    routes = {name: ingress.DEFAULT_ENDPOINTS[name] for name in ENDPOINTS}
    api = make_fastapi_ingress(Api, endpoint_map=routes, app=http_app())
    return serve.deployment(api).bind(
        llm_deployments={each.model_id: build_llm_deployment(each) for each in configs},
        model_cards={each.model_id: to_model_metadata(each.model_id, each) for each in configs},
    )


def _validated(args: dict[str, Any]) -> list[Any]:
    """Give the LLMConfigs of the arguments."""
    try:
        configs: list[Any] = LLMServingArgs.model_validate(args).llm_configs
    except ValidationError as error:
        first = error.errors()[0]
        where, what = ".".join(map(str, first["loc"])), str(first["msg"]).splitlines()[0]
        raise ValueError(f"args: {where}: {what}; correct serveConfigV2") from None
    return configs
