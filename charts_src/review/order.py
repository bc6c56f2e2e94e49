"""The order in which a reader sees the parts of a review."""

from collections.abc import Iterable

from charts_src.review.page import Section


def alarms_first(sections: Iterable[Section]) -> list[Section]:
    """Put what stops the pull request before the rest; nothing else moves."""
    return sorted(sections, key=lambda section: not section.alarm)
