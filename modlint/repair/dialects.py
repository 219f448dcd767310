"""Python 2, and the operators of other languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import CLOSERS, OPENERS, Statement

Pattern = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_PYTHON2: tuple[Pattern, ...] = (
    (re.compile(r"\bexcept\s+([\w.]+)\s*,\s*(\w+)\s*:"), r"except \1 as \2:"),
    (re.compile(r"\braise\s+([\w.]+)\s*,\s*([^,\n#]+?)\s*,\s*(\w+)(?=\s*(?:#|$))"), r"raise \1(\2).with_traceback(\3)"),
    (re.compile(r"\braise\s+([\w.]+)\s*,\s*([^\n#]+?)(?=\s*(?:#|$))"), r"raise \1(\2)"),
    (re.compile(r"<>"), "!="),
    (re.compile(r"(?<=\d)[lL]\b"), ""),
    (re.compile(r"\bur(?=['\"])"), "u"),
    (re.compile(r"\b0(?=[0-7]+\b)"), "0o"),
    (re.compile(r"(\.(?:cuda|copy_|to|type)\([^()\n]*?)\basync(?=\s*=(?!=))"), r"\1non_blocking"),
)
_FOREIGN: tuple[Pattern, ...] = (
    (re.compile(r"\s*&&\s*"), " and "),
    (re.compile(r"\s*\|\|\s*"), " or "),
    (re.compile(r"!(?=[\w(])"), "not "),
    (re.compile(r"\belse\s+if\b"), "elif"),
    (re.compile(r"\+\+(?=\s*(?:;|#|$))"), " += 1"),
    (re.compile(r"--(?=\s*(?:;|#|$))"), " -= 1"),
    (re.compile(r"(?<=\s)//(?=\s*[A-Z\u4e00-\u9fff])"), "#"),
    (re.compile(r"(?<=\s)//(?= ?[a-z]+(?: [\w'-]+)+[.!]?$)"), "#"),
    (re.compile(r"^(\s*)//"), r"\1#"),
    (re.compile(r"(?<!\S)(?:/\*+|<!--)(.*?)\s*(?:\*+/|-->)\s*$"), r"#\1"),
    (re.compile(r"\bnew\s+(?=[A-Z])"), ""),
    (re.compile(r"(?<=[^=!<>])=\s+=(?=[^=])"), "=="),
    (re.compile(r"=>"), ">="),
    (re.compile(r"=<"), "<="),
    (re.compile(r"([-+*/!])\s+="), r"\1="),
    (re.compile(r"\*\s+\*"), "**"),
)


@family
def python2_print(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`print x` and `exec x`, everywhere at once."""
    if "print" in draft.line(fault.line) or "exec" in draft.line(fault.line):
        edits = [edit for statement in draft.statements for edit in _brackets_for_print(statement)]
        yield from together("python2", 0.5, edits, each=0.01)


def _brackets_for_print(statement: Statement) -> Iterator[Edit]:
    for index, token in enumerate(statement.tokens[:-1]):
        begins = index == 0 or statement.words[index - 1] in (":", ";")
        follows = statement.tokens[index + 1]
        if token.text not in ("print", "exec") or not begins or follows.text in ("=", ".", ",", ")"):
            continue
        if follows.text == "(" and _closes_at_end(statement, index + 1):
            continue
        last = statement.tokens[-1]
        if follows.text == ">>" and token.text == "print":
            yield from _brackets_for_print_to(statement, index)
            continue
        stop = statement.tokens[-2].end if last.text == "," else last.end
        yield Edit(token.end, follows.start, "(")
        yield Edit(stop, last.end, ")")


def _brackets_for_print_to(statement: Statement, index: int) -> Iterator[Edit]:
    """`print >>stream, x`."""
    words, last = statement.words, statement.tokens[-1]
    comma = words.index(",", index) if "," in words[index:] else len(words)
    stream = "".join(words[index + 2 : comma])
    begin = statement.tokens[comma + 1].start if comma + 1 < len(words) else last.end
    yield Edit(statement.tokens[index].end, begin, "(")
    yield Edit(last.end, last.end, f", file={stream})" if begin < last.end else f"file={stream})")


def _closes_at_end(statement: Statement, index: int) -> bool:
    depth = 0
    for position in range(index, len(statement.tokens)):
        depth += (statement.words[position] in OPENERS) - (statement.words[position] in CLOSERS)
        if depth == 0:
            return position == len(statement.tokens) - 1
    return True


@family
def braces(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Blocks in braces, whose lines are indented as well: `def f(x) {`, `} else {`, `for (x in xs) {`, `}`."""
    if not _BRACED.search(draft.text) or not any(line.strip() == "}" for line in draft.lines):
        return
    edits = []
    for line, start in zip(draft.lines, draft.starts, strict=False):
        if match := _BRACED.match(line):
            edits.append(Edit(start, start + len(line), f"{match['indent']}{_without_brackets(match['header'])}:"))
        elif line.strip() in ("}", "};"):
            edits.append(Edit(start, start + len(line), ""))
    yield from together("foreign-operator", 0.8, edits)


def _without_brackets(header: str) -> str:
    match = re.fullmatch(r"((?:el)?if|for|while)\s*\((.*)\)", re.sub(r"^else\s+if\b", "elif", header))
    return f"{match[1]} {match[2]}" if match else header


_BRACED = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:\}\s*)?(?P<header>(?:def|class|if|elif|else|for|while|try|except|with)\b[^{}\n]*?)\s*:?\s*\{[ \t]*$"
)


@family
def python2_forms(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`except E, e:`, `raise E, "…"`, `<>`, `10L`, `0777` in the line of the fault."""
    yield from _by_pattern(draft, fault, "python2", 0.6, _PYTHON2)


@family
def foreign_operators(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`&&`, `!`, `else if`, `++`, `=>` and the like in the line of the fault."""
    yield from _by_pattern(draft, fault, "foreign-operator", 0.8, _FOREIGN)


def _by_pattern(
    draft: Draft, fault: Fault, kind: str, cost: float, patterns: tuple[Pattern, ...]
) -> Iterator[Candidate]:
    start = draft.starts[fault.line] if fault.line < len(draft.lines) else 0
    for pattern, replacement in patterns:
        edits = [
            Edit(start + m.start(), start + m.end(), replacement(m) if callable(replacement) else m.expand(replacement))
            for m in pattern.finditer(draft.line(fault.line))
        ]
        yield from together(kind, cost, edits)


@family
def assignments_for_comparisons(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`if x = 1:`."""
    for statement in draft.around(fault):
        complains = "==" in fault.message or "positional argument follows keyword" in fault.message
        conditional = complains or statement.head in ("if", "elif", "while", "assert", "return")
        equals = [
            t for i, t in enumerate(statement.tokens) if t.text == "=" and (conditional or "if" in statement.words[:i])
        ]
        edits = [Edit(t.start, t.end, "==") for t in equals]
        yield from together("assignment-for-comparison", 0.6, edits)
        for edit in edits if len(edits) > 1 else ():
            yield from together("assignment-for-comparison", 0.8, [edit])
