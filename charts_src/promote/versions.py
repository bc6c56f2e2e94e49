"""Which fields of an environment are versions: the model marks them."""

from typing import Annotated, get_args, get_origin

from charts_src.config.complaints import Where
from charts_src.helm.fields import shape_of
from charts_src.model.base import Version


def version_at(path: Where) -> Version | None:
    """Give the mark of the field at a path, None where it is no version."""
    annotation = shape_of(path).annotation
    notes = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((note for note in notes if isinstance(note, Version)), None)
