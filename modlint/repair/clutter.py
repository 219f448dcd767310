"""What was copied together with the code: prompts, listing numbers, diff and quotation marks, fences, magics."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from modlint.edits import Edit
from modlint.repair.candidate import Candidate, family, together
from modlint.repair.draft import Change, Draft, Fault, parse
from modlint.repair.sentences import is_row_of_words, is_sentence

_PROMPT = re.compile(r"[ \t]*(?:>>>|In ?\[[\d ]*\]:)(?: |$)|[ \t]*(?:\.\.\.:?)(?: |$)")
_FIRST_PROMPT = re.compile(r"[ \t]*(?:>>>|In ?\[[\d ]*\]:)")
_MARKED_PROMPT = re.compile(r"[+-](?:>>>|\.\.\.)")
_OUT = re.compile(r"[ \t]*Out ?\[\d+\]:")
_NUMBER = re.compile(r"[ \t]*[\[L]?(\d{1,4})(?:[\].:|)]{1,2}|[ \t]+\|)?(?:[ \t](?P<more>[ \t]*)|$)")
_NUMBER_ALONE = re.compile(r"[ \t]*(\d{1,4})[ \t]*$")
_GLUED_NUMBER = re.compile(r"(\d{1,4})(?!\d)")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t]*\w*[ \t]*$")
_TAGS = r"(?:</?(?:pre|code|div|p|span|br|font|strong)\b[^<>]*>[ \t]*)+"
_TAGS_AT_RIM = re.compile(rf"(?P<first>^[ \t]*{_TAGS})|(?P<last>[ \t]*{_TAGS}$)")
_TRACEBACK = re.compile(r"[ \t]*Traceback \(most recent call last\)")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Iteration|Exit)\b(?::.*)?$")
_MAGIC = re.compile(r"[ \t]*(?:[!%]{1,2}[A-Za-z][\w-]*|pip3? install |conda install )")
_MINIMUM = 2


@family
def prompts(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Prompts of Python and IPython; what stands between is output and becomes a comment."""
    if not any(map(_FIRST_PROMPT.match, draft.lines)) or any(map(_MARKED_PROMPT.match, draft.lines)):
        return
    changes: list[Change] = []
    entered: list[str] = []
    for line, start in zip(draft.lines, draft.starts, strict=False):
        prompt = _PROMPT.match(line)
        if prompt:
            changes.append(Change("prompt", Edit(start, start + prompt.end(), "")))
            entered = [*(entered if prompt.group().lstrip().startswith(".") else ()), line[prompt.end() :]]
        elif line.strip() and (_OUT.match(line) or not _reads_as_code(line) or _is_output(line, entered)):
            changes.append(Change("console-output", Edit(start, start, "# ")))
    yield Candidate(0.6, tuple(changes))


def _is_output(line: str, entered: list[str]) -> bool:
    """What follows a whole statement that has no block."""
    goes_on = line[:1].isspace() and entered[:1] and entered[0].rstrip().endswith(":")
    return _PRINTED.match(line) is not None and not goes_on and isinstance(parse("\n".join(entered)), ast.Module)


_PRINTED = re.compile(r"\w+\($|\w+\(.*\)$|\s+\(\w+\): |\)$")


def _reads_as_code(line: str) -> bool:
    """Output is hardly ever a statement; code between two prompts has lost its own."""
    return bool(re.match(r"\s*(?:import|from|def|class|return|if|for|with|self\.|@|#|\w+\s*=|[\w.]+\()", line))


@family
def line_numbers(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """A column of rising numbers before every line."""
    rows = [(m, start) for line, start in zip(draft.lines, draft.starts, strict=False) if (m := _NUMBER.match(line))]
    filled = sum(bool(line.strip()) for line in draft.lines)
    numbers = [int(match.group(1)) for match, _ in rows]
    if len(rows) < max(_MINIMUM, 0.8 * filled) or any(b <= a for a, b in pairwise(numbers)):
        return
    ends = [match.end() - len(match["more"] or "") for match, _ in rows]
    yield from together("line-number", 0.6, [Edit(s, s + end, "") for (_, s), end in zip(rows, ends, strict=True)])
    column = min((match.end() for match, _ in rows if match.end() < len(match.string)), default=0)
    if min(ends) < max(ends) <= column:
        yield from together("line-number", 0.5, [Edit(s, s + min(column, len(m.string)), "") for m, s in rows])


@family
def glued_line_numbers(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """A number right before every line, blank ones too, each one more than that above."""
    lines = draft.text.rstrip("\n").split("\n")
    rows = [match for line in lines if (match := _GLUED_NUMBER.match(line))]
    if len(rows) == len(lines) and _count_up([int(match.group()) for match in rows]):
        edits = [Edit(start, start + match.end(), "") for match, start in zip(rows, draft.starts, strict=False)]
        yield from together("line-number", 0.6, edits)


@family
def lone_line_numbers(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The numbers of a listing on lines of their own, between those of the code or all in a row."""
    rows = [
        (m, start) for line, start in zip(draft.lines, draft.starts, strict=False) if (m := _NUMBER_ALONE.match(line))
    ]
    if _count_up([int(match.group(1)) for match, _ in rows]):
        ends = [min(start + len(match.string) + 1, len(draft.text)) for match, start in rows]
        yield from together("line-number", 0.6, [Edit(s, end, "") for (_, s), end in zip(rows, ends, strict=True)])


def _count_up(numbers: list[int]) -> bool:
    return len(numbers) > _MINIMUM and all(after == before + 1 for before, after in pairwise(numbers))


@family
def diff_marks(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """A unified diff: what it adds and keeps is the code, what it removes is none."""
    lines = draft.lines
    if {line[:1] for line in lines if line.strip()} <= {"-"} or not any(line[:1] in ("+", "-") for line in lines):
        return
    is_full = all(not line.strip() or line[0] in "+- @\t" for line in lines)
    drop_blank = is_full and all(not line.strip() or line[0] in "+-@ " for line in lines)
    edits = []
    for line, start in zip(lines, draft.starts, strict=False):
        if line.startswith(("-", "@@", "+++")):
            edits.append(Edit(start, start, "# "))
        elif line.startswith("+") or (drop_blank and line.startswith(" ")):
            edits.append(Edit(start, start + 1, ""))
    yield from together("diff-mark", 0.8, edits)
    if not drop_blank:
        blanks = [Edit(s, s + 1, " ") for line, s in zip(lines, draft.starts, strict=False) if line.startswith("+")]
        yield from together("diff-mark", 0.8, blanks)


@family
def quote_marks(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The `>` of a mail or of Markdown before every line, or the dash of a list."""
    filled = [line for line in draft.lines if line.strip()]
    for mark in (r" {0,3}>(?!>>) ?", r"-(?: |$)"):
        if len(filled) >= _MINIMUM and all(re.match(mark, line) for line in filled):
            rows = [(re.match(mark, line), start) for line, start in zip(draft.lines, draft.starts, strict=False)]
            yield from together("quote-mark", 0.6, [Edit(start, start + m.end(), "") for m, start in rows if m])


@family
def fences(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """Lines of back-ticks."""
    rows = [(line, start) for line, start in zip(draft.lines, draft.starts, strict=False) if _FENCE.match(line)]
    yield from together("fence", 0.4, [Edit(start, start + len(line), "") for line, start in rows])


@family
def tags(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The tags of a web page before the first statement of a line or behind the last."""
    rows = zip(draft.lines, draft.starts, strict=False)
    edits = [Edit(s + m.start(), s + m.end(), "") for line, s in rows for m in _TAGS_AT_RIM.finditer(line)]
    yield from together("fence", 0.4, edits)


@family
def tracebacks(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """What the interpreter said, below the code: comments, up to the line that names the exception."""
    edits: list[Edit] = []
    inside = False
    for line, start in zip(draft.lines, draft.starts, strict=False):
        inside = inside or _TRACEBACK.match(line) is not None
        if inside and line.strip():
            edits.append(Edit(start, start, "# "))
        inside = inside and not _EXCEPTION.match(line)
    yield from together("console-output", 0.5, edits)


@family
def printed_output(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """All below a line that says that it is what the code prints, and that assigns and defines nothing."""
    caption = next((number for number, line in enumerate(draft.lines) if _SAYS_OUTPUT.fullmatch(line)), None)
    if caption is None or any(_GIVES_A_NAME.match(line) for line in draft.lines[caption:]):
        return
    below = [(line, start) for line, start in zip(draft.lines, draft.starts, strict=False)][caption:]
    yield from together("console-output", 0.6, [Edit(start, start, "# ") for line, start in below if line.strip()])


_SAYS_OUTPUT = re.compile(
    r"\W*(?:程序|代码)?(?:运行|执行|打印|输出)?(?:结果|输出)(?:如下|为|是)?\s*[:：]?\s*|\W*(?:The )?(?:[Oo]utput|[Rr]esults?|[Pp]rints)(?: is)?\s*:?\s*"
)
_GIVES_A_NAME = re.compile(r"\s*(?:import|from|def|class|return|[\w.]+\s*=(?!=))")


@family
def escaped_marks(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """The backslash that Markdown wants before a mark of its own: `def \\_\\_init\\_\\_(self)`."""
    edits = [Edit(m.start(), m.start() + 1, "") for m in _ESCAPED.finditer(draft.text)]
    yield from together("stray-token", 0.5, edits)


_ESCAPED = re.compile(r"\\(?=[_*#\[\]])")


@family
def notebook_magics(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """`!pip install …` and `%matplotlib inline` become comments."""
    rows = [(m, start) for line, start in zip(draft.lines, draft.starts, strict=False) if (m := _MAGIC.match(line))]
    edits = [Edit(at, at, "# ") for match, start in rows for at in [start + _blank(match.group())]]
    yield from together("notebook-magic", 0.5, edits)


def _blank(text: str) -> int:
    return len(text) - len(text.lstrip())


@family
def wrapped_comments(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """The rest of a comment that an editor has broken over the line end."""
    if not 0 < fault.line < len(draft.lines):
        return
    line, before = draft.lines[fault.line], draft.lines[fault.line - 1]
    words = re.findall(r"\w+", line)
    is_code = "#" in line or words[:1] in (["assert"], ["raise"]) or "import" in line or re.search(r"[=()\[\]]", line)
    if "#" in before and len(words) > 1 and not is_code:
        at = draft.starts[fault.line] + _blank(line)
        yield from together("wrapped-comment", 0.9, [Edit(at, at, "# ")])


@family
def prose(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A sentence between the statements becomes a comment."""
    if is_sentence(draft.line(fault.line)):
        at = draft.starts[fault.line] + _blank(draft.line(fault.line))
        yield from together("prose", 1.0, [Edit(at, at, "# ")])


@family
def captions(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """A whole line of words, such as a comment that has lost its mark, or the name of the language above the code.

    Or a line with the address of a page.
    """
    line = draft.line(fault.line)
    is_first = len(draft.statements) > _MINIMUM and fault.line <= draft.statements[0].first
    is_whole = len(draft.lines) > 1 and line in draft.original.split("\n")
    if is_whole and (is_row_of_words(line, least=2 if is_first else 3) or _ADDRESS.fullmatch(line)):
        at = draft.starts[fault.line] + _blank(line)
        yield from together("prose", 1.2, [Edit(at, at, "# ")])


_ADDRESS = re.compile(r"[^'\"=(#]*\bhttps?://\S+\s*")
