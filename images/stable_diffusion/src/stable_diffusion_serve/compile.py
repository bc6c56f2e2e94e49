"""python -m stable_diffusion_serve.compile: compile Stable Diffusion XL for Inferentia2 and store it.

A compiled model belongs to the version of the compiler, so this runs in the image that serves it. It takes
about an hour and the memory of an inf2.8xlarge, but no Neuron device.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from genai import errors, sources
from stable_diffusion_serve import weights
from stable_diffusion_serve.neuron_engine import compiled
from stable_diffusion_serve.weights import ADAPTER, Weights


def main() -> None:
    """Fetch, compile, check, upload."""
    options = _parser().parse_args()
    found = weights.fetch(options.source)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "model"
        done = subprocess.run(
            command(found, output, options.width, options.height, options.batch_size), check=False
        )
        if done.returncode:
            raise errors.InputError(
                f"{options.source}: the compiler ended with {done.returncode}; see its lines above"
            )
        made = compiled(output)
        sources.upload(output, options.target, last=weights.INDEX)
    size = f"{made.width}x{made.height}"
    print(f"{options.target}: {size}, batches of {made.batch_size}, neuronx-cc {made.compiler}")


def command(found: Weights, output: Path, width: int, height: int, batch_size: int) -> list[str]:
    """Give the command of optimum-neuron 0.4.5 (commands/export/neuronx.py) that compiles into `output`.

    The weights of a fine-tuning are put into the model on the way.
    """
    words = [sys.executable, "-m", "optimum.exporters.neuron", "--model", str(found.base)]
    words += ["--task", "text-to-image", "--instance_type", "inf2", "--disable-validation"]
    words += ["--batch_size", str(batch_size), "--width", str(width), "--height", str(height)]
    words += ["--num_images_per_prompt", "1", "--auto_cast", "matmul", "--auto_cast_type", "bf16"]
    words += ["--inline-weights-neff", "--disable_neuron_cache"]
    if found.adapter:
        words += ["--lora_model_ids", str(found.adapter), "--lora_weight_names", ADAPTER]
        words += ["--lora_adapter_names", "tuned", "--lora_scales", "1.0"]
    return [*words, str(output)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stable_diffusion_serve.compile", description=__doc__)
    parser.add_argument("--source", required=True, help="model to compile, or a fine-tuning of one")
    parser.add_argument("--target", required=True, help="s3://<bucket>/<prefix> for the compiled model")
    parser.add_argument("--width", type=_side, default=1024, help="width of the pictures in pixels")
    parser.add_argument("--height", type=_side, default=1024, help="height of the pictures in pixels")
    parser.add_argument("--batch-size", type=int, default=1, help="pictures of one call")
    return parser


def _side(text: str) -> int:
    if not text.isdigit() or int(text) % 8 or int(text) < 64:
        raise argparse.ArgumentTypeError(f"{text}: write a multiple of 8, at least 64")
    return int(text)


if __name__ == "__main__":
    errors.run(main)
