"""Which objects an object names, and the part of it that ordering and permissions need."""

from charts_src.references.named import Reference, references
from charts_src.references.summary import Resource, Summary, summarise

__all__ = ["Reference", "Resource", "Summary", "references", "summarise"]
