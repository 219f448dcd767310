"""Brackets that are missing, of the wrong kind, or one too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, takewhile
from math import inf

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import CLOSERS, OPENERS, Statement, Token, indentation
from modlint.repair.structure import METHODS
from modlint.repair.vocabulary import CALLABLES, KEYWORDS

_OPERATORS = ("-", "*", "**")
_LIKELY_OPENERS = ("=", "return", ",", "(", "[", "in", "+", "*")


@family
def missing_closers(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A closing bracket: at the end of a line first, then in every gap behind the one that is open."""
    for statement in draft.around(fault, before=2):
        opened = unclosed(statement)
        if len(opened) > 1:
            last = _before_trailing(statement.tokens)
            closers = "".join(OPENERS[token.text] for token in reversed(opened))
            yield one("missing-bracket", 0.6 + 0.2 * len(opened), last.end, last.end, closers)
        for bracket in opened[-2:]:
            yield from _closings(draft, statement, bracket)
        for bracket, closer in _unmatched(statement)[1]:
            yield one("missing-bracket", 0.65, closer.start, closer.start, OPENERS[bracket.text])


def unclosed(statement: Statement) -> list[Token]:
    """The opening brackets that nothing closes; a closer closes the nearest of its kind."""
    opened, lost = _unmatched(statement)
    return sorted([*opened, *(bracket for bracket, _ in lost)], key=lambda token: token.start)


def _unmatched(statement: Statement) -> tuple[list[Token], list[tuple[Token, Token]]]:
    """The opening brackets that are open in the end, and those open at a closer of another, with that closer."""
    opened: list[Token] = []
    lost: list[tuple[Token, Token]] = []
    for token in statement.tokens:
        if token.kind != "op":
            continue
        if token.text in OPENERS:
            opened.append(token)
        elif any(OPENERS[other.text] == token.text for other in opened):
            while OPENERS[opened[-1].text] != token.text:
                lost.append((opened.pop(), token))
            opened.pop()
    return opened, lost


def _closings(draft: Draft, statement: Statement, bracket: Token) -> Iterator[Candidate]:
    closer = OPENERS[bracket.text]
    end = _first_beside(draft, statement, bracket)
    after = [t for t in statement.tokens if t.start >= bracket.start and t.line < end]
    for line in sorted({t.line for t in after}):
        row = tuple(t for t in after if t.line == line)
        last = _before_trailing(row)
        if last.is_operand_end or last is bracket:
            at_rim = line in (bracket.line, statement.last)
            yield one("missing-bracket", 0.7 if at_rim else 0.85, last.end, last.end, closer)
    if statement.words[-1] == ",":
        end = statement.tokens[-1].end
        yield one("missing-bracket", 0.65, end, end, closer)
    if bracket.text == "[" and statement.words[-1] == ":" and not statement.is_header:
        yield one("missing-bracket", 0.65, statement.tokens[-1].end, statement.tokens[-1].end, closer)
    for token, following in pairwise(after):
        # `xs[0.shape`
        if token.kind == "number" and token.text[-1] == "." and token.end == following.start:
            yield one("missing-bracket", 0.8, token.end - 1, token.end - 1, closer)
        may_end = token.is_operand_end or token.text in OPENERS
        if may_end and following.text != "(" and token.line == following.line:
            cost = 1.1 if _is_first_in_group(statement, token) else 0.9
            yield one("missing-bracket", cost, token.end, token.end, closer)


def _is_first_in_group(statement: Statement, token: Token) -> bool:
    """Whether the token follows a bracket that calls nothing: none would put a single operand there."""
    before = [other for other in statement.tokens if other.start < token.start][-2:]
    is_called = len(before) > 1 and before[0].is_operand_end
    return bool(before) and before[-1].text == "(" and not is_called


def _first_beside(draft: Draft, statement: Statement, bracket: Token) -> float:
    """The first line below the bracket that begins where the indented statement does, and with no closing bracket."""
    firsts = [t for before, t in pairwise(statement.tokens) if before.line < t.line and t.line > bracket.line]
    beside = [t for t in firsts if indentation(draft.lines[t.line]) <= len(statement.indent) and t.text not in CLOSERS]
    return beside[0].line if beside and statement.indent else inf


def _before_trailing(row: tuple[Token, ...]) -> Token:
    """The last token of a row that is neither a trailing comma nor a header's colon."""
    here = list(row)
    while len(here) > 1 and here[-1].text in (",", ":", "："):
        here.pop()
    return here[-1]


@family
def missing_openers(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """An opening bracket behind a name or before an operand; or a closing one is one too many."""
    for statement in draft.around(fault, before=2):
        for closer in _unopened(statement) or _closed_too_early(statement, fault):
            yield from _without_a_closer(statement, closer)
            for suspect in _suspects(draft, statement, closer):
                yield from _openings(draft, suspect, closer)
                yield from _torn_names(draft, suspect, closer)


def _suspects(draft: Draft, statement: Statement, closer: Token) -> list[Statement]:
    """The statement; where it is nothing but the bracket, the one above it too, and the one that begins in its column."""
    if statement.tokens[0] is not closer:
        return [statement]
    above = [other for other in draft.statements if other.first < statement.first]
    return [statement, *above[-1:], *_aligned(draft, statement)]


def _aligned(draft: Draft, closing: Statement) -> list[Statement]:
    """The last statement that begins in the column of ``closing``, which begins with a bracket, with others between."""
    above = [other for other in draft.statements if other.first < closing.first]
    return [other for other in above[:-1] if other.indent == closing.indent][-1:]


def _closed_too_early(statement: Statement, fault: Fault) -> list[Token]:
    """The last closer of a statement over several lines below which an indented line follows."""
    closers = [t for t in statement.tokens if t.kind == "op" and t.text in CLOSERS]
    goes_on = statement.words[-1] == "," and statement.last < fault.line
    return closers[-1:] if goes_on and "indent" in fault.message else []


def _without_a_closer(statement: Statement, stray: Token) -> Iterator[Candidate]:
    yield one("extra-bracket", 1.0, stray.start, stray.end, "")
    partners = _partners(statement)
    for before, after in pairwise(statement.tokens):
        if before.text == after.text == stray.text and after.end <= stray.start:
            is_double = before in partners and after in partners and partners[after].end == partners[before].start
            yield one("extra-bracket", 0.95 if is_double else 1.1, after.start, after.end, "")


def _partners(statement: Statement) -> dict[Token, Token]:
    """The opening bracket of each closing one that has one of its kind."""
    opened: list[Token] = []
    partners: dict[Token, Token] = {}
    for token in statement.tokens:
        if token.kind == "op" and token.text in OPENERS:
            opened.append(token)
        elif token.kind == "op" and opened and OPENERS[opened[-1].text] == token.text:
            partners[token] = opened.pop()
    return partners


def _unopened(statement: Statement) -> list[Token]:
    """The closing brackets that nothing opens."""
    partners = _partners(statement)
    return [t for t in statement.tokens if t.kind == "op" and t.text in CLOSERS and t not in partners]


def _openings(draft: Draft, statement: Statement, closer: Token) -> Iterator[Candidate]:
    opener = CLOSERS[closer.text]
    for token, after in pairwise(statement.tokens):
        if after.start > closer.start:
            return
        if after.kind == "string" and token.end == after.start and _ends_in_prefix(token):
            yield one("missing-bracket", 0.65, token.end - 1, token.end - 1, opener)
        if token.kind == "name" and token.text not in KEYWORDS and after.text != "(":
            is_apart = after.text not in _OPERATORS or _is_only_called(draft, token) or _is_unary(draft, after)
            if after.is_operand_start and is_apart:
                is_item = after.text == "[" and token.end == after.start and not _is_callable(token)
                yield one("missing-bracket", 1.1 if is_item else 0.7, token.end, after.start, opener)
            elif after is closer or (after.text == closer.text and token.text in CALLABLES):
                is_call = statement.head != "def" and not _is_variable(draft, token)
                cost = 0.7 if after is closer else 0.8
                yield one("missing-bracket", cost if is_call else cost + 0.4, token.end, token.end, opener)
        if token.text in _LIKELY_OPENERS and after.text not in CLOSERS:
            yield one("missing-bracket", 1.1, after.start, after.start, opener)


@family
def bare_headers(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`class Net nn.Module:`, `def forward self, x:` with no bracket at all."""
    for statement in draft.around(fault):
        is_bare = statement.head in ("def", "class") and not {"(", ")"} & set(statement.words)
        if is_bare and len(statement.tokens) > _BARE and statement.words[2] != ":":
            start, last = statement.tokens[1], _before_trailing(statement.tokens)
            edits = [Edit(start.end, statement.tokens[2].start, "("), Edit(last.end, last.end, ")")]
            yield from together("missing-bracket", 0.8, edits)


_BARE = 3


def _ends_in_prefix(token: Token) -> bool:
    """`ValueErrorf"…"`: a callable, and the letter that belongs to the string behind it."""
    return token.text[:-1] in CALLABLES and token.text[-1] in "fFrRbB"


def _is_unary(draft: Draft, operator: Token) -> bool:
    """Whether a blank stands before the operator and none behind it: `transform *inputs`."""
    before, behind = draft.text[operator.start - 1], draft.text[operator.end : operator.end + 1]
    return before.isspace() and not behind.isspace()


def _is_variable(draft: Draft, token: Token) -> bool:
    """Whether the name stands elsewhere in the text without being called."""
    uses = ((t, after.text) for t, after in pairwise(draft.tokens) if t.text == token.text and t.start != token.start)
    return any(after != "(" for _, after in uses)


def _is_callable(token: Token) -> bool:
    return token.text in CALLABLES or (token.text[0].isupper() and not token.text.isupper())


def _is_only_called(draft: Draft, token: Token) -> bool:
    return _is_callable(token) and not _is_variable(draft, token)


def _torn_names(draft: Draft, statement: Statement, closer: Token) -> Iterator[Candidate]:
    """`F.reluself.fc(x))`, `nn.Linear10, 2)`: two words that a bracket parted, known from elsewhere in the text."""
    names = Counter(t.text for t in draft.tokens if t.kind == "name")
    known = names.keys() | CALLABLES | {"self"}
    for index, token in enumerate(statement.tokens):
        if token.kind != "name" or token.start > closer.start or names[token.text] > 1 or token.text in CALLABLES:
            continue
        defined = index == 1 and statement.head in ("class", "def")
        is_attribute = statement.words[index - 1] == "." and index > 0
        for cut in range(1, len(token.text)):
            left, right, at = token.text[:cut], token.text[cut:], token.start + cut
            method = right == "self" and is_attribute
            parameter = defined and left in METHODS and right.isidentifier()
            is_name = left in known or method or (defined and left[-1] != "_")
            if is_name and (right in known or right.isdigit() or parameter):
                yield one("missing-bracket", 0.6 - 0.005 * cut, at, at, CLOSERS[closer.text])
            elif is_attribute and right in names and len(right) > _LONG:
                yield one("missing-bracket", 0.65 + 0.005 * cut, at, at, CLOSERS[closer.text])


_LONG = 3


@family
def openers_of_hanging_lines(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`self.stem = nn.Sequential` over deeper lines that a bracket closes in its own column."""
    around = draft.around(fault, before=2)
    aligned = [other for statement in around if statement.words[0] in CLOSERS for other in _aligned(draft, statement)]
    for statement in (*around, *aligned):
        for token, after in zip(statement.tokens, (*statement.tokens[1:], None), strict=True):
            ends_line = after is None or after.line > token.line
            if ends_line and token.kind == "name" and token.text not in KEYWORDS:
                closer = _hanging_closer(draft.lines[token.line :]) or _closer_of_strings(draft, statement)
                if closer:
                    yield one("missing-bracket", 0.6, token.end, token.end, CLOSERS[closer])


def _closer_of_strings(draft: Draft, statement: Statement) -> str:
    """The bracket behind strings that stand deeper than the statement, right below it; else empty."""
    below = [other for other in draft.statements if other.first > statement.last]
    strings = list(takewhile(lambda s: s.tokens[0].kind == "string" and len(s.indent) > len(statement.indent), below))
    return next((closer.text for string in strings for closer in _unopened(string)), "")


def _hanging_closer(lines: list[str]) -> str:
    """The bracket below the first line, in its column, with nothing but deeper lines between; else empty."""
    column = indentation(lines[0])
    below = [line for line in lines[1:] if line.strip()]
    deeper = sum(1 for _ in takewhile(lambda line: indentation(line) > column, below))
    end = below[deeper] if 0 < deeper < len(below) else ""
    first = end.strip()[:1]
    return first if first in CLOSERS and indentation(end) == column else ""


@family
def wrong_brackets(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A bracket of the wrong kind: `nn.Linear(3, 4]`."""
    for statement in draft.around(fault):
        opened: list[Token] = []
        for token in statement.tokens:
            if token.kind == "op" and token.text in OPENERS:
                opened.append(token)
            elif token.kind == "op" and token.text in CLOSERS and opened:
                opener = opened.pop()
                if OPENERS[opener.text] != token.text:
                    yield one("missing-bracket", 0.8, token.start, token.end, OPENERS[opener.text])
                    yield one("missing-bracket", 0.9, opener.start, opener.end, CLOSERS[token.text])
