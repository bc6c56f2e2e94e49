"""The application that the RayService names: `stable_diffusion_serve.app:build`.

How many copies there are, what they need and how many requests may wait is in the configuration of Serve.
"""

from typing import Any

from ray.serve import Application

from stable_diffusion_serve.frontend import Frontend
from stable_diffusion_serve.model import TextToImage
from stable_diffusion_serve.settings import read


def build(args: dict[str, Any]) -> Application:
    """Put the deployments together. Raises InputError for arguments that are wrong."""
    settings = read(args)
    frontend: Any = Frontend  # a deployment, which the types don't show
    model: Any = TextToImage
    return frontend.bind(model.bind(settings), settings)
