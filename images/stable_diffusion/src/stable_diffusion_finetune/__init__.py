"""Fine-tuning of Stable Diffusion: LoRA weights teach it a subject from few pictures, as DreamBooth does."""
