"""LoRA weights in the attention of the UNet."""

from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

FILE = "pytorch_lora_weights.safetensors"
"""Name under which load_lora_weights of diffusers finds the weights in a folder."""

_LAYERS = ["to_q", "to_k", "to_v", "to_out.0"]


def add(unet: Any, rank: int, alpha: int, seed: int) -> dict[str, torch.nn.Parameter]:
    """Freeze the UNet, add LoRA weights in full precision, and give these by their names."""
    unet.requires_grad_(requires_grad=False)
    torch.manual_seed(seed)  # all processes start from the same weights, and so does a second try
    unet.add_adapter(
        LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=_LAYERS)
    )
    weights = {name: weight for name, weight in unet.named_parameters() if weight.requires_grad}
    for weight in weights.values():
        weight.data = weight.data.float()
    return weights


def save(unet: Any, folder: Path) -> None:
    """Write the weights as diffusers reads them."""
    pipeline = StableDiffusionXLPipeline if unet.config.addition_embed_type else StableDiffusionPipeline
    pipeline.save_lora_weights(
        folder,
        unet_lora_layers=convert_state_dict_to_diffusers(get_peft_model_state_dict(unet)),
        unet_lora_adapter_metadata=unet.peft_config["default"].to_dict(),
    )
