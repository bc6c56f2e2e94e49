"""What a part of the review has to say about one object."""

from typing import NamedTuple

from charts_src.objects import Identity


class Finding(NamedTuple):
    """One reason to stop and look."""

    gate: str
    """Name of the gate, such as `deletion`; a sign-off names it."""
    subject: Identity
    """The object that it is about."""
    path: str
    """Field of the object, such as `spec.replicas`; "" is the whole object."""
    message: str
    """What happens when this is merged, and the remedy."""

    def __str__(self) -> str:
        """Write the finding on one line."""
        place = f"{self.subject}: {self.path}" if self.path else str(self.subject)
        return f"{self.gate}: {place}: {self.message}"
