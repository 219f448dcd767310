"""What can come of a text: the only data that leaves this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from modlint.diagnostics import Text
from modlint.edits import Edit

KINDS: dict[str, str] = {
    "assignment-for-comparison": "`=` stands where a comparison `==` is meant.",
    "console-output": "Output of an interactive session stands between the statements.",
    "diff-mark": "The lines carry the `+` and `-` marks of a diff.",
    "dotted-blank": "A dotted name is broken off, or torn apart by blanks.",
    "extra-bracket": "A closing bracket has no opening one.",
    "fence": "A Markdown fence was copied together with the code.",
    "foreign-operator": "An operator of another language, such as `&&` or `++`.",
    "full-width-punctuation": "Full-width or typographic punctuation stands where Python wants ASCII.",
    "glued-def": "A keyword is glued to the word beside it.",
    "html-entity": "An HTML entity such as `&gt;` stands for the character it encodes.",
    "impossible-import": "An import that the grammar does not know.",
    "indentation": "The indentation is lost, partial or inconsistent.",
    "invisible-character": "A zero-width character, a byte order mark or a control character stands in the code.",
    "line-number": "The lines carry the numbers of a listing.",
    "mangled-dunder": "A special method's name has blanks, or too few or too many underscores.",
    "merged-lines": "Two statements stand on one line.",
    "misspelled-keyword": "A keyword is misspelled or translated.",
    "missing-body": "A block has no body.",
    "missing-bracket": "A bracket is missing.",
    "missing-colon": "The colon at the end of a header is missing, or another character stands for it.",
    "missing-comma": "The comma between two items is missing, or another character stands for it.",
    "missing-quote": "A string is not closed, not opened, or closed by another quote than it was opened with.",
    "mixed-tabs": "Tabs and spaces are mixed in the indentation.",
    "notebook-magic": "A notebook's `%` or `!` command, which only a notebook understands.",
    "nul-byte": "A NUL byte, which Python refuses anywhere.",
    "prompt": "The prompt of an interactive session was copied together with the code.",
    "prose": "A line of prose stands between the statements.",
    "python2": "A statement that only Python 2 understands.",
    "quote-mark": "The lines carry the `>` marks of a quotation.",
    "split-line": "One statement is torn over two lines.",
    "stray-token": "A mark that nothing needs.",
    "torn-name": "A name or a number is torn apart by a blank.",
    "typographic-quote": "Typographic quotation marks stand where Python wants `'` or `\"`.",
    "unusual-space": "A non-breaking, full-width or other unusual space stands in the code.",
    "wrapped-comment": "A comment goes on in a line without `#`.",
    "wrong-definition": "A class is introduced by `def`.",
}


@dataclass(frozen=True, slots=True)
class TextEdit:
    """One repair: ``edit`` counts code points of the original text, where it replaces ``was`` by ``becomes``."""

    kind: str
    edit: Edit
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Parses:
    """Nothing to repair."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """``text`` parses; ``clear`` tells that no other repair came near in score."""

    text: str
    edits: tuple[TextEdit, ...]
    clear: bool


@dataclass(frozen=True, slots=True)
class NotPython:
    """Something else than Python, left alone; ``why`` names it."""

    why: Text


@dataclass(frozen=True, slots=True)
class Illustration:
    """All is well but for the last header, whose body the author left out."""


@dataclass(frozen=True, slots=True)
class NewerSyntax:
    """Right for a newer interpreter than the running one; ``feature`` names the construct and its version."""

    line: int
    feature: str


@dataclass(frozen=True, slots=True)
class Hopeless:
    """No repair was found; the place (from 1) and the message are those of CPython."""

    line: int
    column: int
    message: str


Outcome: TypeAlias = Parses | Repaired | NotPython | Illustration | NewerSyntax | Hopeless
