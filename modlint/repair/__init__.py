"""Text that does not parse, made to parse: the cheapest small edits after which it is what its author meant.

``repair`` is the only entry; every outcome is plain data.
"""

from __future__ import annotations

import html
from math import inf

from modlint.edits import apply_edits
from modlint.repair.candidate import CLEAR
from modlint.repair.draft import Draft, Fault, parse
from modlint.repair.newer import newer_feature
from modlint.repair.outcome import (
    KINDS,
    Hopeless,
    Illustration,
    NewerSyntax,
    NotPython,
    Outcome,
    Parses,
    Repaired,
    TextEdit,
)
from modlint.repair.recognise import not_python
from modlint.repair.search import search

__all__ = [
    "KINDS",
    "Hopeless",
    "Illustration",
    "NewerSyntax",
    "NotPython",
    "Outcome",
    "Parses",
    "Repaired",
    "TextEdit",
    "repair",
]


SECONDS = 2.0
"""How long a search for a repair may work."""


def repair(text: str, *, certain: bool = True, deadline: float = SECONDS) -> Outcome:
    """Make ``text`` parse, or say why not; takes at most about ``deadline`` seconds of work.

    ``certain`` tells that its author called the text Python; without it only what clearly is Python is touched.
    """
    fault = parse(text)
    if not isinstance(fault, Fault):
        return Parses()
    if _is_illustration(text, fault):
        return Illustration()
    why = not_python(html.unescape(text), certain=certain)
    if why is not None:
        return NotPython(why)
    newer = newer_feature(text, fault)
    if newer is not None:
        return NewerSyntax(*newer)
    solutions = search(text, deadline, _budget(text, certain))
    if not solutions:
        return Hopeless(fault.line + 1, fault.column + 1, fault.message)
    best = solutions[0]
    rival = solutions[1].score - best.score if len(solutions) > 1 else inf
    clear = min(rival, best.draft.margin) >= CLEAR
    edits = best.draft.edits()
    assert apply_edits(text, [e.edit for e in edits]) == best.draft.text
    return Repaired(best.draft.text, edits, clear)


def _budget(text: str, certain: bool) -> float:
    """How much repair a text of this size is worth: beyond it, guessing would begin."""
    lines = max(text.count("\n") + 1, len(text) // _USUAL_WIDTH)
    return 4.0 + 0.5 * lines if certain else 2.0 + 0.2 * lines


# Of a line: a text may have lost its line ends.
_USUAL_WIDTH = 40


def _is_illustration(text: str, fault: Fault) -> bool:
    """Whether all that is missing is a body for the header at the very end."""
    if "expected an indented block" not in fault.message:
        return False
    statements = Draft(text).statements
    if not statements or not statements[-1].opens:
        return False
    indent = statements[-1].indent
    return not isinstance(parse(f"{text.rstrip()}\n{indent} pass\n"), Fault)
