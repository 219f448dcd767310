"""Keywords that are misspelled, translated or glued to their neighbour; special methods that are torn apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, one, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Statement, Token
from modlint.repair.vocabulary import CALLABLES, DUNDERS, GLUED_AFTER, GLUED_BEFORE, INFIX, KEYWORDS, SLIPS

_NAMES = "|".join(sorted(DUNDERS, key=len, reverse=True))
_MANGLED = re.compile(
    rf"(?P<lead>\bdef[ \t]*)(?P<name>[_ \t]*(?:{_NAMES})[_ \t]*)(?=\()"
    rf"|(?P<dot>\.[ \t]*)(?P<attribute>_[_ \t]*(?:{_NAMES})(?:[ \t]*_+)*)(?=[ \t]*\()"
    rf"|\b(?P<word>_[_ \t]*(?:name|main)[ \t]*_[_ \t]*\b)"
)


_BOLD = re.compile(rf"(?<![\w)\]*-])(?P<mark>\*\*|--|—|——)(?P<name>{_NAMES})(?P=mark)(?![\w*-])")
_MAIN = re.compile(r"(?P<mark>['\"])[ _]*(?: main|main | main )[ _]*(?P=mark)")


@family
def mangled_dunders(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Every special method with blanks inside, glued to its `def`, or written with what a page makes of underscores.

    What is merely misnamed parses, and stays.
    """
    covered = [(t.start, t.end) for t in draft.tokens if t.kind in ("string", "comment")]
    edits = []
    for match in _MANGLED.finditer(draft.text):
        name = match["name"] or match["attribute"] or match["word"]
        torn = re.search(r"\s", name.strip()) or match["lead"] == "def"
        if "_" in name and torn and not any(start <= match.start() < end for start, end in covered):
            tail = name[len(name.rstrip()) :] if match["word"] else ""
            lead = "def " if match["lead"] else match["dot"] or ""
            edits.append(Edit(match.start(), match.end(), f"{lead}__{name.strip('_ ' + chr(9))}__{tail}"))
    edits += [Edit(match.start(), match.end(), f"__{match['name']}__") for match in _BOLD.finditer(draft.text)]
    mains = [t for t in draft.tokens if t.kind == "string" and _MAIN.fullmatch(t.text)]
    edits += [Edit(t.start + 1, t.end - 1, "__main__") for t in mains]
    yield from together("mangled-dunder", 0.4, edits, each=0.1)


@family
def misspelled_keywords(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A keyword of the table of slips, or one that is one typing error away."""
    for statement in draft.around(fault):
        for index, token in enumerate(statement.tokens):
            if token.kind == "name" and token.text not in KEYWORDS:
                yield from _respelled(statement, index, token)
        if statement.words[0] == "del" and "(" in statement.words[2:3]:
            first = statement.tokens[0]
            yield one("misspelled-keyword", 0.6, first.start, first.end, "def")


def _respelled(statement: Statement, index: int, token: Token) -> Iterator[Candidate]:
    meant = SLIPS.get(token.text)
    if meant is not None:
        if index == 0 or meant in INFIX:
            yield one("misspelled-keyword", 0.6, token.start, token.end, meant)
    elif len(token.text) > 2 and (index == 0 or statement.words[index - 1] not in (".", ",", "(")):
        for word in KEYWORDS:
            if word.islower() and len(word) > 2 and _one_slip(token.text, word):
                yield one("misspelled-keyword", 1.0, token.start, token.end, word)


@family
def capitals(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The capital with which a phone begins every line: `Def`, `Self.fc`, `Print(`."""
    edits = []
    for statement in draft.statements:
        first, after = statement.tokens[0], statement.words[1:2]
        plain = first.text[:1].lower() + first.text[1:]
        if first.text != plain and (plain in KEYWORDS or (plain, *after) in _BEGINNINGS):
            edits.append(Edit(first.start, first.start + 1, plain[0]))
    yield from together("misspelled-keyword", 0.5, edits, each=0.01)


_BEGINNINGS = {("self", "."), ("super", "("), ("print", "(")}


def _one_slip(word: str, meant: str) -> bool:
    """One letter too many, too few, wrong, or two exchanged."""
    if word == meant or abs(len(word) - len(meant)) > 1:
        return False
    head = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant)))
    rest, wanted = word[head:], meant[head:]
    exchanged = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
    return exchanged or rest[1:] in (wanted, wanted[1:]) or rest == wanted[1:]


@family
def glued_words(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`defforward(`, `classNet`, `fromtorch import`, `forx in`, `nnas nn`: a blank between."""
    for statement in draft.around(fault):
        for index, token in enumerate(statement.tokens):
            if token.kind == "name" and token.text not in KEYWORDS | CALLABLES:
                yield from _parted(token, first=index == 0, attribute=statement.words[index - 1] == "." and index > 0)


def _parted(token: Token, *, first: bool, attribute: bool) -> Iterator[Candidate]:
    text = token.text
    cost = 0.5 if first else 0.8
    for word in GLUED_BEFORE if not attribute else ():
        if text.startswith(word) and text != word:
            yield one("glued-def", cost, token.start + len(word), token.start + len(word), " ")
    for word in GLUED_AFTER if not first else ():
        if text.endswith(word) and text != word:
            yield one("glued-def", 0.8, token.end - len(word), token.end - len(word), " ")


@family
def class_by_def(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """`def Net(nn.Module):` is meant as a class: a dotted name is no parameter. So is `def Data(Dataset):`, then."""
    if any(_is_class(statement) and statement.words[4] == "." for statement in draft.around(fault)):
        firsts = [statement.tokens[0] for statement in draft.statements if _is_class(statement)]
        yield from together("wrong-definition", 0.6, [Edit(t.start, t.end, "class") for t in firsts], each=0.02)


def _is_class(statement: Statement) -> bool:
    """Whether a `def` has the name of a class and a single parameter, which is dotted or has that of a class as well."""
    words = statement.words
    if words[0] != "def" or len(words) < 5 or not statement.name.lstrip("_")[:1].isupper():
        return False
    return words[4] == "." or (words[4] == ")" and words[3][:1].isupper())
