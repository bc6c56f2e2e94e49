"""Fine-tuning of Stable Diffusion: LoRA weights that teach it a subject from a few pictures, as DreamBooth does."""
