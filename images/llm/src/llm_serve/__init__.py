"""Serves language models with the OpenAI API, on Ray Serve and vLLM."""
