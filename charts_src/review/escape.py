"""Plain text as HTML and as GitHub's Markdown: no markup, mention, link or emoji comes out of it."""

import html
import re
from typing import Final

from charts_src.diff.lines import visible
from charts_src.diff.markdown import code

_PLAIN: Final = re.compile(r"""[A-Za-z0-9,;:.'"()!?%=+-]*|[^\x00-\x7f]+""")
"""Characters that mean nothing to GitHub inside a word, but for what _SPECIAL finds."""

_SPECIAL: Final = re.compile(
    r"\d+[.)]|[+-]+|www\..*|GH-\d+|[0-9a-f]{7,40}|.*:[A-Za-z0-9+-]+:.*", re.IGNORECASE
)
"""An item of a list, a rule, a link, an issue, a commit and an emoji."""


def markup(text: str) -> str:
    """Write text that HTML and SVG read as text, in an attribute too."""
    return html.escape("\n".join(map(visible, text.split("\n"))))


def inline(text: str) -> str:
    """Write text on one line; words that GitHub could take for more than words stand in <code>."""
    return " ".join(_word(visible(word)) for word in text.split())


def _word(word: str) -> str:
    if _PLAIN.fullmatch(word) and not _SPECIAL.fullmatch(word):
        return word
    bare = word.rstrip(",;:.!?")
    return f"{code(bare)}{word[len(bare) :]}" if bare else code(word)
