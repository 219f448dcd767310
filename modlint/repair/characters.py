"""Characters that look like Python's own and are not: punctuation, quotes, spaces, entities, invisible ones."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, together
from modlint.repair.draft import Draft, Fault
from modlint.repair.lexer import Token
from modlint.repair.sentences import is_sentence

LOOK_ALIKES: dict[str, str] = {
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
    "〔": "(",
    "〕": ")",
    "《": "<",
    "》": ">",
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "×": "*",
    "∗": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "…": "...",
    "·": ".",
    "٬": ",",
    "،": ",",
    "؛": ";",
    "꞉": ":",
    "∶": ":",
    "＿": "_",
}
QUOTES = "“”„‘’‚「」＂＇`´′″"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029"
_ENTITY = re.compile(r"&(?:gt|lt|amp|quot|apos|nbsp|#\d{2,4}|#x[\da-fA-F]{2,4});")


def ascii_of(character: str) -> str | None:
    """What an ASCII keyboard would have given for ``character``; None when nothing like it."""
    if character in LOOK_ALIKES:
        return LOOK_ALIKES[character]
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and "!" <= plain <= "~" and plain != character else None


def _foreign(draft: Draft) -> list[Token]:
    return [t for t in draft.tokens if t.kind == "other"]


@family
def full_width_punctuation(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """All punctuation outside strings and comments that has an ASCII twin, at once."""
    foreign = [t for t in _foreign(draft) if t.text not in QUOTES and not is_sentence(draft.lines[t.line])]
    pairs = [(t, ascii_of(t.text)) for t in foreign]
    edits = [Edit(t.start, t.end, plain) for t, plain in pairs if plain is not None]
    edits += [edit for t in draft.tokens if t.kind in ("string", "quoted") for edit in _within_braces(draft, t)]
    yield from together("full-width-punctuation", 0.4, edits, each=0.02)


def _within_braces(draft: Draft, string: Token) -> Iterator[Edit]:
    """What stands in the braces of an f-string is code."""
    before = draft.text[string.start - 1 : string.start] if string.kind == "quoted" else string.text[:2].strip("rR\"'")
    for match in _BRACES.finditer(string.text) if before in ("f", "F") else ():
        for at, character in enumerate(match.group(), string.start + match.start()):
            plain = ascii_of(character)
            if plain is not None:
                yield Edit(at, at + 1, plain)


_BRACES = re.compile(r"\{[^{}]*\}")


@family
def full_width_names(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Numbers in full-width digits."""
    if "invalid" not in fault.message:
        return
    wide = [t for t in draft.tokens if t.kind in ("name", "number") and not t.text.isascii()]
    pairs = [(t, unicodedata.normalize("NFKC", t.text)) for t in wide]
    edits = [Edit(t.start, t.end, plain) for t, plain in pairs if plain != t.text and plain.isascii()]
    yield from together("full-width-punctuation", 0.5, edits, each=0.02)


@family
def typographic_quotes(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Quoted text first as a pair, then single marks."""
    edits: list[Edit] = []
    for token in draft.tokens:
        if token.kind == "quoted":
            quote = "'" if token.text[0] in "‘’＇" else '"'
            quote = {"'": '"', '"': "'"}[quote] if quote in token.text[1:-1] else quote
            edits += [Edit(token.start, token.start + 1, quote), Edit(token.end - 1, token.end, quote)]
        elif token.kind == "other" and token.text in QUOTES:
            edits.append(Edit(token.start, token.end, "'" if token.text in "‘’‚＇`´′" else '"'))
    yield from together("typographic-quote", 0.4, edits, each=0.02)


@family
def quotes_of_two_sorts(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """An ASCII quote on one side and a typographic one on the other: the ASCII one decides."""
    line = draft.lines[fault.line] if fault.line < len(draft.lines) else ""
    start = draft.starts[fault.line] if fault.line < len(draft.lines) else 0
    for quote in "\"'":
        if quote in line:
            edits = [Edit(start + i, start + i + 1, quote) for i, c in enumerate(line) if c in QUOTES]
            yield from together("typographic-quote", 0.6, edits, each=0.02)


@family
def unusual_spaces(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Spaces that Python does not take for one."""
    spaces = [t for t in _foreign(draft) if t.text.isspace() or unicodedata.category(t.text) == "Zs"]
    edits = [Edit(t.start, t.end, "  " if t.text == "\u3000" else " ") for t in spaces]
    yield from together("unusual-space", 0.4, edits, each=0.005)


@family
def invisible_characters(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Marks of no width, byte order marks and control characters outside strings."""
    hidden = [
        t for t in _foreign(draft) if t.text != "\0" and (t.text in INVISIBLE or unicodedata.category(t.text) == "Cc")
    ]
    yield from together("invisible-character", 0.4, [Edit(t.start, t.end, "") for t in hidden], each=0.02)


@family
def nul_bytes(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """NUL bytes anywhere: Python takes them not even in a comment."""
    text = draft.text
    edits = [Edit(i, i + 1, "") for i, character in enumerate(text) if character == "\0"] if "\0" in text else []
    yield from together("nul-byte", 0.4, edits, each=0.01)


@family
def html_entities(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The text was copied from the source of a web page: every entity, in strings too."""
    matches = list(_ENTITY.finditer(draft.text))
    edits = [Edit(m.start(), m.end(), html.unescape(m.group()).replace("\xa0", " ")) for m in matches]
    yield from together("html-entity", 0.5, edits, each=0.02)
