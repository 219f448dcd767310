"""All that may tell whether an open block ends before a statement, in words: one table a subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modlint.repair.signs.branches import BRANCHES, branch_words
from modlint.repair.signs.form import FORM, form_words
from modlint.repair.signs.likeness import LIKENESS, likeness_words
from modlint.repair.signs.names import NAMES, name_words
from modlint.repair.situation import Situation

_FLAGS: dict[str, Callable[[Situation], object]] = {**FORM, **NAMES, **LIKENESS, **BRANCHES}
_WORDS = (form_words, name_words, likeness_words, branch_words)


def signs(situation: Situation) -> Iterator[str]:
    """The signs that are seen in ``situation``."""
    for name, is_seen in _FLAGS.items():
        if is_seen(situation):
            yield name
    for words in _WORDS:
        yield from words(situation)
