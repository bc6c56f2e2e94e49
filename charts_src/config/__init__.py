"""Reading environments: text -> plain YAML with lines -> base and environment merged -> Environment."""

from charts_src.config.load import load, load_all, read_file, read_settings
from charts_src.config.settings import Origin, Origins, Settings

__all__ = ["Origin", "Origins", "Settings", "load", "load_all", "read_file", "read_settings"]
