"""Configuration of programs in ConfigMaps, and how pods get it."""

from hashlib import sha256

from charts_src.objects import Body


def config_map(name: str, data: dict[str, str]) -> Body:
    """Give a ConfigMap with these files."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def config_volume(name: str, source: str) -> Body:
    """Give the volume `name` with the files of the ConfigMap `source`, which everyone may read."""
    return {"name": name, "configMap": {"name": source, "defaultMode": 420}}


def config_annotation(text: str) -> dict[str, str]:
    """Give the annotation of a pod whose program reads the configuration `text` only as it starts."""
    return {"genai-on-eks/config": sha256(text.encode()).hexdigest()[:16]}
