"""Rules about text that Python cannot read: one rule a kind of repair, all worded alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.interpret.events import TextRepaired
from modlint.rule import Finding, Rule

_LONGEST = 40


class RepairRule(Rule):
    """Reports the repairs of the kinds in ``aspects``: what stands in the text, and what is meant."""

    def check(self, event: TextRepaired) -> Iterator[Finding]:
        """One finding for each repair."""
        change, also = _change(event.was, event.becomes), _also(event.lines)
        meta = self.meta
        yield Finding(
            event.place,
            Text(f"{meta.en.title}: {change.en}{also.en}", f"{meta.zh.title}：{change.zh}{also.zh}"),
        )


def _also(lines: int) -> Text:
    if lines == 1:
        return Text("", "")
    return Text(f", and so on in {lines} lines", f"，共 {lines} 行")


def _change(was: str, becomes: str) -> Text:
    if not was:
        verb = "are" if becomes.isspace() and len(becomes) > 1 else "is"
        return Text(f"{_shown(becomes).en} {verb} missing", f"缺少 {_shown(becomes).zh}")
    if not becomes:
        verb = "do" if was.isspace() and len(was) > 1 else "does"
        return Text(f"{_shown(was).en} {verb} not belong here", f"这里不应有 {_shown(was).zh}")
    before, after = _shown(was), _shown(becomes)
    return Text(f"{before.en} should be {after.en}", f"{before.zh} 应为 {after.zh}")


def _shown(text: str) -> Text:
    """A piece of code for people: blanks are counted, characters without a face are named."""
    if text.isspace() and text.isascii():
        return _blanks(text)
    if len(text) == 1 and not (text.isascii() and text.isprintable()) and unicodedata.category(text)[0] in "CZ":
        name = f"U+{ord(text):04X} {unicodedata.name(text, '')}".rstrip()
        return Text(name, name)
    line = " ⏎ ".join(text.strip().splitlines())
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    code = line if "`" in line else f"`{line}`"
    return Text(code, code)


def _blanks(text: str) -> Text:
    if "\n" in text:
        return Text("a line break", "换行")
    if "\t" in text:
        return Text("a tab", "制表符")
    return Text(f"{len(text)} spaces" if len(text) > 1 else "a space", f"{len(text)} 个空格")
