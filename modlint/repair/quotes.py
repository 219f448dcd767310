"""Strings that are not closed, not opened, or closed by another quote than they were opened with."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.repair.candidate import Candidate, family, one
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Token
from modlint.repair.vocabulary import STATEMENT_ONLY

_OTHER = {"'": '"', '"': "'"}
_BOUNDARY = ",)]}: %"
_BEGINNINGS = "(,=[:{ "
_BEGINS_CODE = STATEMENT_ONLY | {"self", "super"}


@family
def missing_quotes(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A second quote for the one that stands alone on the line of the fault, behind or before it."""
    for token in draft.tokens:
        if token.kind == "quote" and token.text[-3:] in ('"""', "'''"):
            yield from _close_docstring(draft, token)
        elif token.kind == "quote" and token.line in (fault.line, fault.line - 1):
            yield from _close(draft, token)
            yield from _open(draft, token)
            yield from _other_quote(draft, token)


def _rest(draft: Draft, token: Token) -> str:
    stop = draft.starts[token.line] + len(draft.lines[token.line])
    return draft.text[token.end : stop].rstrip()


def _close(draft: Draft, token: Token) -> Iterator[Candidate]:
    """Before the punctuation at the end of the line, else where a word ends."""
    mark, rest = token.text[-1], _rest(draft, token)
    words_end = len(rest.rstrip(")]}:,"))
    for offset in range(1, len(rest) + 1):
        at = token.end + offset
        if offset >= words_end:
            yield one("missing-quote", 0.7 + (0.1 if offset > words_end else 0.0), at, at, mark)
        elif rest[offset] in _BOUNDARY and rest[offset - 1] not in ", ":
            yield one("missing-quote", 0.85 + 0.005 * offset, at, at, mark)


def _open(draft: Draft, token: Token) -> Iterator[Candidate]:
    """Before a word to the left, the nearest first."""
    mark = token.text[-1]
    begin = draft.starts[token.line]
    line = draft.text[begin : token.start]
    for offset in range(len(line) - 1, -1, -1):
        if line[offset] in _BEGINNINGS and line[offset + 1 : offset + 2] not in ("", " "):
            cost = 0.85 + 0.005 * (len(line) - offset) + (0.1 if line[offset] == " " else 0.0)
            yield one("missing-quote", cost, begin + offset + 1, begin + offset + 1, mark)


def _other_quote(draft: Draft, token: Token) -> Iterator[Candidate]:
    mark, rest = token.text[-1], _rest(draft, token)
    other = _OTHER[mark]
    if other in rest:
        at = token.end + rest.rindex(other)
        yield one("missing-quote", 0.7, at, at + 1, mark)
        yield one("missing-quote", 0.75, token.end - 1, token.end, other)


def _close_docstring(draft: Draft, token: Token) -> Iterator[Candidate]:
    """At the end of the paragraph, of the lines before the next statement, or of the text."""
    mark = token.text[-3:]
    for line in range(token.line + 1, len(draft.lines)):
        words = draft.lines[line].split()
        begins_code = bool(words) and words[0].split(".")[0].split("(")[0] in _BEGINS_CODE
        if begins_code or not words:
            at = draft.starts[line - 1] + len(draft.lines[line - 1].rstrip())
            yield one("missing-quote", 0.9 + 0.05 * (line - token.line), at, at, mark)
        if begins_code:
            return
    end = len(draft.text.rstrip())
    yield one("missing-quote", 1.2, end, end, mark)
