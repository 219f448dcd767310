"""Strings that are not closed, not opened, or closed by another quote than they were opened with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Token
from modlint.repair.vocabulary import STATEMENT_ONLY

_OTHER = {"'": '"', '"': "'"}
TRIPLE = ('"""', "'''")
_BOUNDARY = ",)]}: %"
_BEGINNINGS = "(,=[:{ "
_METHOD = re.compile(r"\.(?:format|join|encode|split|replace|strip)\(")
_BEGINS_CODE = STATEMENT_ONLY | {"self", "super"}


@family
def missing_quotes(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A second quote for one that stands alone on the line of the fault, wherever a word begins or ends."""
    for token in draft.tokens:
        if token.kind == "quote" and token.text[-3:] in TRIPLE:
            yield from _close_docstring(draft, token)
        elif token.kind == "quote" and token.line in (fault.line, fault.line - 1):
            yield from _close_at_end(draft, token)
            yield from _between_words(draft, token)
            yield from _other_quote(draft, token)


@family
def unopened_words(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`recipe": "https://…"`: what looks like a string is only what stands between two."""
    for before, token in pairwise(draft.tokens):
        glued = before.kind == "name" and before.end == token.start and token.line == fault.line
        if glued and token.kind == "string":
            yield one("missing-quote", 0.85, before.start, before.start, token.text[-1])


@family
def docstrings_closed_by_another_mark(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """All at once, then one by one: what ends with a quoted word may go on in the next line."""
    edits = misclosed(draft)
    yield from together("missing-quote", 0.5, edits, each=0.1)
    for edit in edits if len(edits) > 1 else ():
        yield from together("missing-quote", 0.6, [edit])


@family
def braces_of_f_strings(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`f"loss {loss:.4f"` and `f"loss loss}"`: a brace at the end of a word, or one too many."""
    for token in draft.tokens if "f-string" in fault.message else ():
        if token.kind != "string" or token.line != fault.line or token.text[:1] not in "fF":
            continue
        surplus = token.text.count("{") - token.text.count("}")
        for match in re.finditer(r"(?<=[\w)\]])(?=\W)" if surplus > 0 else r"\}(?=[^}])", token.text):
            at, end = token.start + match.start(), token.start + match.end()
            likely = token.text[match.end()] in " ,;|)'\""
            yield one("missing-bracket", 0.6 if likely else 0.8, at, end, "}" if surplus > 0 else "")


def misclosed(draft: Draft) -> list[Edit]:
    """For `\"\"\"Text.\"` and `'''Text.\"\"\"`: the mark that the line was opened with, in place of the one at its end."""
    return [
        Edit(start + match.start("close"), start + match.end("close"), match["mark"])
        for line, start in zip(draft.lines, draft.starts, strict=False)
        if (match := _MISCLOSED.match(line)) and match["close"] != match["mark"]
    ]


_MISCLOSED = re.compile(r"""\s*[rRuU]?(?P<mark>\"{3}|'{3})(?!.*(?P=mark))[^\s"'].*?(?P<close>\"{1,3}|'{1,3})\s*$""")


def _rest(draft: Draft, token: Token) -> str:
    stop = draft.starts[token.line] + len(draft.lines[token.line])
    return draft.text[token.end : stop].rstrip()


def _close_at_end(draft: Draft, token: Token) -> Iterator[Candidate]:
    """Behind the last word of the line, and behind the punctuation that follows it."""
    rest = _rest(draft, token)
    for method in _METHOD.finditer(rest):
        at = token.end + method.start()
        yield one("missing-quote", 0.65, at, at, token.text[-1])
    words_end = len(rest.rstrip(")]}:,"))
    for offset in range(words_end, len(rest) + 1):
        at = token.end + offset
        yield one("missing-quote", 0.7 + (0.1 if offset > words_end else 0.0), at, at, token.text[-1])


def _between_words(draft: Draft, token: Token) -> Iterator[Candidate]:
    """The lone quote is only the last: the missing one may be any before it."""
    begin, line = draft.starts[token.line], draft.lines[token.line]
    for offset in range(1, len(line)):
        before, after = line[offset - 1], line[offset]
        ends = after in _BOUNDARY and before not in _BEGINNINGS and before not in ",\"'"
        begins = before in _BEGINNINGS and after not in " )],:\"'"
        if ends or begins:
            far = abs(begin + offset - token.start)
            yield one(
                "missing-quote", (0.85 if ends else 0.9) + 0.001 * far, begin + offset, begin + offset, token.text[-1]
            )


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
