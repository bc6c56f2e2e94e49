"""Stable Diffusion over HTTP, on Ray Serve: one deployment for HTTP, one for the model."""
