"""Tokens and statements of a text that may be broken: never fails, where ``tokenize`` would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise, takewhile
from typing import NamedTuple

from modlint.repair.vocabulary import EVERYWHERE, HEADERS, KEYWORDS, SLIPS, STATEMENT_ONLY, words

OPENERS = {"(": ")", "[": "]", "{": "}", "（": ")", "【": "]", "｛": "}"}
CLOSERS = {")": "(", "]": "[", "}": "{", "）": "(", "】": "[", "｝": "{"}
COLONS = (":", "：")

# Bodies of strings may not run over a line end unless they are triple-quoted: an open quote ends nothing but itself.
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<string>(?i:\b(?:[rbuf]|br|rb|fr|rf))?(?:
        \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
      | (?!\"{3})\"(?:\\[^\n]|\\\n|[^\"\\\n])*\" | (?!'{3})'(?:\\[^\n]|\\\n|[^'\\\n])*'))
  | (?P<quote>(?i:\b(?:[rbuf]|br|rb|fr|rf))?(?:\"{3}|'{3}|\"|'))
  | (?P<quoted>“[^“”\n]*”|“[^“”"\n]*[“"]|‘[^‘’\n]*’(?!\w)|‘[^‘’'\n]*[’‘']|„[^“”\n]*[“”]|「[^」\n]*」|＂[^＂\n]*＂|＇[^＇\n]*＇
             |(?<!\w)’[^’\n]*’(?!\w)|(?<!\w)″[^″\n]*″|(?<!\w)”[^”\n]*”)
  | (?P<newline>\n)
  | (?P<space>[ \t\f\r]+|\\\n)
  | (?P<number>(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
      |(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?[jJ]?))
  | (?P<name>[^\W\d]\w*)
  | (?P<op>\*\*=|//=|>>=|<<=|\.\.\.|->|:=|\*\*|//|<<|>>|<=|>=|==|!=|[-+*/%@&|^]=|[-+*/%@&|^~<>=()\[\]{},:;.!])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """``start`` and ``end`` count code points of the text, ``line`` from 0."""

    kind: str
    text: str
    start: int
    end: int
    line: int

    @property
    def is_operand_end(self) -> bool:
        return self.kind in ("name", "number", "string") or self.text in (")", "]", "}")

    @property
    def is_operand_start(self) -> bool:
        return self.kind in ("name", "number", "string") or self.text in ("(", "[", "{", "-", "*", "**")

    @property
    def is_statement_end(self) -> bool:
        return self.is_operand_end and (self.text not in KEYWORDS or self.text in _WHOLE_STATEMENTS)


_WHOLE_STATEMENTS = ("pass", "break", "continue", "return", "None", "True", "False")


def tokens(text: str) -> list[Token]:
    """All tokens of ``text`` but the blanks; joined they leave out nothing else."""
    found: list[Token] = []
    line = 0
    for match in _TOKEN.finditer(text):
        kind, value = str(match.lastgroup), match.group()
        if kind != "space":
            found.append(Token(kind, value, match.start(), match.end(), line))
        line += value.count("\n")
    return found


@dataclass(frozen=True)
class Statement:
    """A logical line: its tokens without comments, from physical line ``first`` to ``last`` (from 0).

    ``gap`` is how many blank lines stand above it, or above the comments on it; ``commented`` tells of such comments.
    """

    tokens: tuple[Token, ...]
    first: int
    last: int
    indent: str
    gap: int = 0
    commented: bool = False

    def column(self, tab: int) -> int:
        return len(self.indent.expandtabs(tab))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(token.text for token in self.tokens)

    @cached_property
    def head(self) -> str:
        """The keyword that the statement begins with, as it was meant; else the first token."""
        first = self.words[0]
        if first == "async" and len(self.words) > 1:
            return self.words[1]
        for keyword_ in ("def", "class"):
            if first.startswith(keyword_) and len(self.words) > 1 and self.words[1] == "(":
                return keyword_
        slip = SLIPS.get(first, first)
        return slip if len(self.words) > 1 and self.words[1] not in ("=", ".", ",", ")") else first

    @cached_property
    def opens(self) -> bool:
        """Whether a block has to follow: a header, with its colon or without, that has no body of its own."""
        if self.words[-1] in COLONS:
            return True
        return self.head in ("def", "class") and self.colon is None and "(" in self.words

    @cached_property
    def is_clause(self) -> bool:
        """Whether it carries on a compound statement: `else` and the like, but no expression that begins so."""
        return self.words[-1] in COLONS or self.colon is not None or len(self.words) == 1

    @cached_property
    def is_header(self) -> bool:
        return self.head in HEADERS

    @cached_property
    def colon(self) -> int | None:
        """Index of the first colon outside brackets."""
        depth = 0
        for index, token in enumerate(self.tokens):
            depth += (token.text in OPENERS) - (token.text in CLOSERS)
            if token.text in COLONS and depth <= 0:
                return index
        return None

    @cached_property
    def is_call(self) -> bool:
        """Whether it is no more than `a.b(…)`."""
        return self.words[-1] == ")" and "(" in self.words and "=" not in self.words[: self.words.index("(")]

    @cached_property
    def name(self) -> str:
        """What a ``def`` or ``class`` defines."""
        names = [t.text for t in self.tokens if t.kind == "name" and t.text not in ("async",)]
        return names[1] if len(names) > 1 else ""

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names between the first pair of brackets that stand where a parameter stands."""
        found: list[str] = []
        previous = ""
        depth = 0
        for token in self.tokens:
            depth += (token.text in OPENERS) - (token.text in CLOSERS)
            if token.kind == "name" and depth == 1 and previous in ("(", "（", ",", "，", "*", "**"):
                found.append(token.text)
            previous = token.text
        return tuple(found)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that are read or bound as such, not as an attribute."""
        pairs = zip(("", *self.words), self.tokens, strict=False)
        return frozenset(t.text for before, t in pairs if t.kind == "name" and before != "." and t.text not in KEYWORDS)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The attributes of `self` that are mentioned, written `.name`."""
        triples = zip(self.words, self.words[1:], self.words[2:], strict=False)
        return frozenset(f".{name}" for owner, dot, name in triples if owner == "self" and dot == ".")

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that the statement gives a value; those of a header belong to its block."""
        if self.head == "def":
            return frozenset(self.parameters)
        if self.head == "for" and "in" in self.words:
            return frozenset(t.text for t in self.tokens[1 : self.words.index("in")] if t.kind == "name")
        if "as" in self.words[:-1] and self.head in ("with", "except"):
            return frozenset({self.words[self.words.index("as") + 1]})
        if self.head in ("import", "from") and "import" in self.words:
            return frozenset(_imported(self.words[self.words.index("import") + 1 :]))
        if self._equals and not self.is_header:
            return frozenset(place[0] for place in self._filled if len(place) == 1 and place[0].isidentifier())
        return frozenset()

    @cached_property
    def defines(self) -> frozenset[str]:
        """Names that are bound from here on in the block that the statement stands in."""
        if self.head in ("def", "class"):
            return frozenset({self.name})
        return frozenset() if self.opens else self.binds

    @cached_property
    def _equals(self) -> int:
        """Index of the last `=` of an assignment; 0 for any other statement."""
        depths = accumulate((word in OPENERS) - (word in CLOSERS) for word in self.words)
        pairs = enumerate(zip(self.words, depths, strict=True))
        equals = [index for index, (word, depth) in pairs if word == "=" and depth == 0]
        return equals[-1] if equals and not self.is_header else 0

    @cached_property
    def _filled(self) -> tuple[tuple[str, ...], ...]:
        """The places that an assignment gives a value, each in words."""
        return tuple(_places(self.words[: self._equals]))

    @cached_property
    def targets(self) -> frozenset[str]:
        """Names, and attributes of `self` written `.name`, that an assignment gives a value as a whole."""
        owned = frozenset(f".{place[2]}" for place in self._filled if place[:2] == ("self", ".") and len(place) == 3)
        return owned if self.is_header else owned | self.binds

    @cached_property
    def declares(self) -> bool:
        """Whether it annotates a name without giving it a value."""
        return self.colon is not None and not self._equals and not self.is_header

    @cached_property
    def reads(self) -> frozenset[str]:
        """Names, and attributes of `self` written `.name`, whose value is asked for."""
        if self.head in ("def", "class", "import", "from") or self.declares:
            return frozenset()
        start = self.words.index("in") if self.head == "for" and "in" in self.words else self._equals
        if start and not self.is_header and not self.targets:
            start = 0
        return frozenset(_read(("", "", *self.words, "")[start:], self.tokens[start:])) - _inner(self.words[start:])

    @cached_property
    def calls(self) -> frozenset[str]:
        """The last name of all that is called."""
        return frozenset(a for a, b in pairwise(self.words) if b == "(" and a not in KEYWORDS and a.isidentifier())

    @cached_property
    def chains(self) -> frozenset[str]:
        """Each `a.b` that is mentioned, but for the attributes of `self` and what packages hold."""
        triples = zip(self.words, self.words[1:], self.words[2:], strict=False)
        return frozenset(f"{a}.{b}" for a, dot, b in triples if dot == "." and a.isidentifier() and a not in EVERYWHERE)

    @cached_property
    def parts(self) -> frozenset[str]:
        """The words that the names are made of."""
        names = (t.text for t in self.tokens if t.kind == "name" and t.text not in KEYWORDS | EVERYWHERE)
        return frozenset(part for name in names for part in name.lower().split("_") if part)

    @cached_property
    def pattern(self) -> tuple[str, ...]:
        """The words, with the kind of token for names, numbers and strings."""
        return tuple(t.kind if t.kind in _VARIABLE and t.text not in KEYWORDS else t.text for t in self.tokens)

    @cached_property
    def width(self) -> int:
        """About how many columns it takes in a single line."""
        return sum(len(word) + (word in _SPACED) for word in self.words)

    @cached_property
    def fills(self) -> frozenset[str]:
        """Names that grow: by `+=`, by a method or by an item."""
        grows = self.words[1:2] in (("+=",), ("[",)) or self.words[2:3] in (("append",), ("extend",), ("add",))
        return frozenset({self.words[0]}) if grows else frozenset()


_VARIABLE = frozenset({"name", "number", "string"})
_SPACED = KEYWORDS | words("= , + - * / :")


def _imported(words: tuple[str, ...]) -> Iterator[str]:
    """The names that the part of an import behind `import` binds."""
    for before, word, after in zip((",", *words), words, (*words[1:], ","), strict=False):
        if (word.isidentifier() or word == "*") and after in (",", ".", ")") and before in (",", "(", "as"):
            yield word


_FIELD = re.compile(r"\{\s*([^\W\d]\w*)")


def _read(words: tuple[str, ...], found: tuple[Token, ...]) -> Iterator[str]:
    """Names and attributes of `self` among ``found``; ``words`` begins two words earlier and ends one later."""
    for owner, before, after, token in zip(words, words[1:], words[3:], found, strict=False):
        if token.kind == "string" and token.text[0] in "fF":
            yield from _FIELD.findall(token.text)
        if token.kind != "name" or token.text in KEYWORDS:
            continue
        if before == ".":
            yield from (f".{token.text}",) if owner == "self" else ()
        elif after != "=" or before not in ("(", ","):
            yield token.text


def _places(left: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What stands between the commas and `=` outside brackets, without annotations."""
    depth, place = 0, list[str]()
    for word in (*left, "=") if left else ():
        depth += (word in OPENERS) - (word in CLOSERS)
        if word in ("=", ",") and depth == 0:
            yield tuple(takewhile(lambda part: part != ":", place))
            place = []
        else:
            place.append(word)


def _inner(words: Sequence[str]) -> frozenset[str]:
    """The names that comprehensions and lambdas bind for themselves."""
    found: set[str] = set()
    for index, word in enumerate(words):
        end = _BINDERS.get(word)
        if end in words[index:]:
            found.update(words[index + 1 : words.index(end, index)])
    return frozenset(found)


# What binds names within an expression, and the word behind them.
_BINDERS = {"for": "in", "lambda": ":"}


def statements(found: Iterable[Token], lines: list[str]) -> list[Statement]:
    """Group tokens to logical lines; a bracket that is still open ends where only a statement can begin."""
    result: list[Statement] = []
    current: list[Token] = []
    depth = 0
    hangs = False
    rows = list(_rows(found))
    for index, row in enumerate(rows):
        if current and not lines[row[0].line - 1].endswith("\\"):
            deeper = indentation(lines[row[0].line]) > indentation(lines[current[0].line])
            is_first_inside = deeper and current[-1].text in OPENERS
            may_begin = _may_begin_statement(row) and not is_first_inside
            seems = may_begin or (hangs and not deeper and row[0].text not in CLOSERS)
            certain = _begins_statement(row) or (not deeper and _assigns(row) and current[-1].is_operand_end)
            if depth <= 0 or certain or (seems and not _closes_ahead(rows[index:], depth)):
                result.append(_statement(current, lines))
                current, depth, hangs = [], 0, False
            hangs = hangs or (bool(current) and deeper)
        current += row
        depth = max(0, depth + _balance(row))
    if current:
        result.append(_statement(current, lines))
    return result


def _balance(row: Sequence[Token]) -> int:
    return sum((t.text in OPENERS) - (t.text in CLOSERS) for t in row)


def _closes_ahead(rows: list[list[Token]], depth: int) -> bool:
    """Whether the brackets that are open close before the next row that only can begin a statement."""
    for row in rows[:_LOOK_AHEAD]:
        if _begins_statement(row):
            return False
        depth += _balance(row)
        if depth <= 0:
            return True
    return False


_LOOK_AHEAD = 80


def indentation(line: str) -> int:
    """How many columns of blanks a line begins with."""
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())


def _rows(found: Iterable[Token]) -> Iterator[list[Token]]:
    """The code tokens of each physical line that has any; what follows a multi-line string counts to its line."""
    row: list[Token] = []
    for token in found:
        if token.kind == "newline":
            if row:
                yield row
            row = []
        elif token.kind != "comment":
            row.append(token)
    if row:
        yield row


def _begins_statement(row: list[Token]) -> bool:
    words = [t.text for t in row[:5]]
    if words[0] in STATEMENT_ONLY or words == ["else"]:
        return True
    if words[0] == "@":
        return len(row) > 1 and row[1].start == row[0].end
    if words[0] in ("if", "for", "else", "async"):
        return row[-1].text in COLONS
    return words[:2] == ["self", "."] and "=" in words[3:5]


def _may_begin_statement(row: list[Token]) -> bool:
    """An assignment, which might as well be a keyword argument."""
    return _assigns(row) and row[1].text == "=" and row[-1].text != "," and len(row) > 3


def _assigns(row: list[Token]) -> bool:
    """`a = …` or `a, b.c = …`, and neither the last argument of a call nor one that others follow."""
    goes_on = row[-1].text == "," and _balance(row) == 0
    return _is_target(row) and _balance(row) >= 0 and not goes_on


def _is_target(row: list[Token]) -> bool:
    """Whether all that stands before the first `=` can be given a value."""
    equals = next((i for i, token in enumerate(row) if token.text == "="), 0)
    left = row[:equals]
    return equals > 0 and _balance(left) == 0 and all(t.kind == "name" or t.text in _TARGET_MARKS for t in left)


_TARGET_MARKS = (".", ",", "(", ")", "[", "]")


def _statement(row: list[Token], lines: list[str]) -> Statement:
    first = row[0].line
    line = lines[first]
    indent = line[: len(line) - len(line.lstrip(" \t\f"))]
    commented = first > 0 and lines[first - 1].lstrip().startswith("#")
    last = row[-1].line + row[-1].text.count("\n")
    return Statement(tuple(row), first, last, indent, _blank_lines_above(lines, first), commented)


def _blank_lines_above(lines: list[str], first: int) -> int:
    above = takewhile(lambda line: line[:1] in ("", "#"), (lines[i].strip() for i in range(first - 1, -1, -1)))
    return sum(not line for line in above)
