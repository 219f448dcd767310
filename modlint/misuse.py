"""Requests that cannot be met as they were made."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MisuseError(ValueError):
    """Somebody asked for something that does not exist; the message is one sentence and says what to do."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean `select`?``, or nothing when no known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
