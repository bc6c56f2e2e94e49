"""How weights are updated, on every device: "Llama 2", section 2.2."""

from typing import Any

from torch import nn

CLIP = 1.0
"""Longest gradient of all weights together."""

OPTIMIZER: dict[str, Any] = {"lr": 0.0, "betas": (0.9, 0.95), "eps": 1e-5, "weight_decay": 0.1}
"""Arguments of AdamW; the rate is set before every step."""


def groups(model: nn.Module) -> list[dict[str, Any]]:
    """Give the weights of a model: norms are not drawn to zero."""
    named = list(model.named_parameters())
    return [
        {"params": [weight for name, weight in named if "norm" not in name]},
        {"params": [weight for name, weight in named if "norm" in name], "weight_decay": 0.0},
    ]
