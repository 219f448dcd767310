"""Signs of form: sizes, blank lines, comments, what sort of statement stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modlint.repair.arrivals import Gaps
from modlint.repair.lexer import Statement
from modlint.repair.situation import Situation, category
from modlint.repair.structure import EXPECTATIONS, LEAVES
from modlint.repair.vocabulary import words

_CONDITIONS = words("if elif while")

FORM: dict[str, Callable[[Situation], object]] = {
    "commented": lambda s: s.statement.commented,
    "both commented": lambda s: s.statement.commented and s.header.commented,
    "header commented": lambda s: s.header.commented and not s.statement.commented,
    "many lines": lambda s: _has_many_lines(s.statement),
    "header many lines": lambda s: _has_many_lines(s.header),
    "previous many lines": lambda s: s.previous is not None and _has_many_lines(s.previous),
    "not innermost": lambda s: not s.is_innermost,
    "left": lambda s: s.block.last in LEAVES,
    "at last": lambda s: s.following is not None and not s.arrival.ahead,
    "leaves at last": lambda s: s.following is not None and not s.arrival.ahead and s.statement.head in LEAVES,
    "end of text": lambda s: s.following is None,
    "nested def": lambda s: s.block.kind == "def" and any(block.kind == "def" for block in s.outer),
    "returned": lambda s: s.block.kind == "def" and s.block.returns,
    "not returned": lambda s: s.block.kind == "def" and not s.block.returns,
    "header a name": lambda s: s.header.head in _CONDITIONS and len(s.header.words) == 3,
    "only asserts": lambda s: all(category(own) == "assert" for own in s.block.own),
}

_TELLING = {
    "if": words("None not isinstance in and or hasattr == > < ( . % training self __name__"),
    "for": words("range enumerate zip self items modules parameters tqdm"),
    "while": words("True not < >"),
    "with": words("no_grad autocast open as torch"),
}
_TELLING_CALLS = words(
    "append extend add update pop print format item step backward zero_grad no_grad train eval to cuda",
    "super add_module register_buffer register_parameter load_state_dict warn info debug close write isinstance",
)
_TELLING |= {"elif": _TELLING["if"]}
_SIZES = (0, 1, 2, 3, 4, 7, 12)
_DEEPEST = 6
_STEP = 4
_WIDTHS = (79, 88, 100, 120)
_GAPS = ("no blank line", "blank line", "blank lines")
_LONGEST_RUN = 5
_MOST_LEFT = 4


def form_words(s: Situation) -> Iterator[str]:
    """How large, how deep, behind and before what."""
    yield f"in {s.kind}"
    yield category(s.statement)
    yield f"size {max(size for size in _SIZES if size <= s.block.size)}"
    yield f"depth {min(len(s.outer), _DEEPEST)}"
    yield f"{min(len(s.arrival.ahead), _MOST_LEFT)} left"
    if not s.is_innermost:
        yield f"behind {s.block.last}"
    elif s.block.previous is not None:
        yield f"after {category(s.block.previous)}"
    yield from (f"calls {name}" for name in _TELLING_CALLS & s.statement.calls)
    yield from (f"called {name}" for name in _TELLING_CALLS & s.block.calls)
    if s.arrival.ahead:
        yield f"before {category(s.arrival.ahead[0])}"
    yield from (f"header {word}" for word in _TELLING.get(s.header.head, frozenset()).intersection(s.header.words))
    yield from (f"odd: {odd.__name__}" for odd in EXPECTATIONS if odd((*s.outer, s.block), s.statement))
    if s.arrival.gaps is not None:
        yield from _gap_words(s, s.arrival.gaps)
    yield from _width_words(s)


def _gap_words(s: Situation, gaps: Gaps) -> Iterator[str]:
    gap = _GAPS[min(gaps.above, 2)]
    yield gap
    yield f"{gap} in {'spaced' if s.block.spaced else 'dense'}"
    yield f"{gap}, header {'apart' if s.header.gap else 'beside'}"
    yield f"{_GAPS[min(gaps.below, 2)]} below"
    yield f"paragraph of {min(gaps.run, _LONGEST_RUN)}"


def _width_words(s: Situation) -> Iterator[str]:
    """Whether the statement, were it in the block, would be too wide for its line, or is broken for being so."""
    inside = _STEP * len(s.outer) + s.statement.width
    if not _has_many_lines(s.statement):
        yield from (f"wider than {width}" for width in _WIDTHS if inside > width)
    elif '"""' not in s.statement.words[0]:
        yield from (f"wraps at {width}" for width in _WIDTHS if inside - _STEP <= width < inside)


def _has_many_lines(statement: Statement) -> bool:
    return statement.last > statement.first
