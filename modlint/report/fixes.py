"""What was fixed, what could be, and what a run refuted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import click

from modlint.edits import Applicability
from modlint.report.quoting import visible
from modlint.report.words import counted, fix_line, say
from modlint.session import Change, FixedFile
from modlint.verify.protocol import ModelReport


def lines(path: str, changes: Iterable[Change], language: str) -> Iterator[str]:
    """What was done and why that is right, two lines for each fix, in the order of the places."""
    for one in sorted((change.diagnostic for change in changes), key=lambda one: one.span.start):
        message = say(one.message, language)
        told = message if one.fix is None else fix_line(one.fix, language)
        place = f"{visible(path)}:{one.span.start.line}"
        yield f"{place}: {click.style(one.code, bold=True)} {one.name}: {click.style(visible(told), fg='green')}\n"
        if message not in told:
            yield f"  {visible(message)}\n"


def summary(files: Sequence[FixedFile], written: bool, language: str) -> str:
    """How much was or would be fixed, and what is left and how to get at it."""
    changed = [fixed for fixed in files if fixed.after != fixed.before]
    made = sum(len(fixed.changes) for fixed in changed)
    if language == "zh":
        return _summary_zh(len(changed), made, written, files)
    if not changed:
        return f"Nothing to fix in {counted(len(files), 'file')}.{_left(files)}"
    done = "Made" if written else "Would make"
    hint = "" if written else " Run with --write to make them."
    return f"{done} {counted(made, 'fix')} in {counted(len(changed), 'file')}.{hint}{_left(files)}"


def taken_back(path: str, report: ModelReport, language: str) -> str:
    """The fix of a file is undone because of a run."""
    first = report.message.strip().split("\n")[0]
    if language == "zh":
        return f"{visible(path)}：修复已撤销：`{visible(report.name)}` 之前可以运行，修复后失败：{visible(first)}"
    return (
        f"{visible(path)}: taken back: `{visible(report.name)}` ran before the fix and fails after it: {visible(first)}"
    )


def other_names(path: str, count: int, language: str) -> str:
    """The file has hard links, which a change in one step cannot reach."""
    if language == "zh":
        return f"{visible(path)}：该文件还有 {count} 个硬链接名，它们保留原来的内容"
    return f"{visible(path)}: has {counted(count, 'other name')} (hard links): what they name stays as it was"


def not_run(reason: str, language: str) -> str:
    """The models could not be run."""
    return f"未运行：{reason}" if language == "zh" else f"not run: {reason}"


def _left(files: Sequence[FixedFile]) -> str:
    counts = _counts(files)
    unsafe, offered = counts[Applicability.UNSAFE], counts[Applicability.SUGGESTION]
    told = []
    if unsafe:
        told.append(f" {unsafe} more with --unsafe.")
    if offered:
        told.append(f" {offered} to decide on with --interactive.")
    return "".join(told)


def _summary_zh(changed: int, made: int, written: bool, files: Sequence[FixedFile]) -> str:
    counts = _counts(files)
    done = "已" if written else "可"
    told = [f"{done}在 {changed} 个文件中修复 {made} 处。" if changed else f"{len(files)} 个文件无需修复。"]
    if changed and not written:
        told.append("使用 --write 写入。")
    if counts[Applicability.UNSAFE]:
        told.append(f"使用 --unsafe 可再修复 {counts[Applicability.UNSAFE]} 处。")
    if counts[Applicability.SUGGESTION]:
        told.append(f"使用 --interactive 可逐一决定 {counts[Applicability.SUGGESTION]} 处。")
    return "".join(told)


def _counts(files: Sequence[FixedFile]) -> Counter[Applicability]:
    return Counter(one.fix.applicability for fixed in files for one in fixed.left if one.fix is not None)
