"""What reports say around the messages, in every language."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.diagnostics import Diagnostic, Severity, Text
from modlint.edits import Applicability, Fix

_ENGLISH_PLURALS = {
    "error": "errors",
    "warning": "warnings",
    "info": "notes",
    "file": "files",
    "finding": "findings",
    "fix": "fixes",
}
_CHINESE = {
    "error": "错误",
    "warning": "警告",
    "info": "提示",
    "safe": "安全",
    "unsafe": "需选择",
    "suggestion": "建议",
}


def say(text: Text, language: str) -> str:
    """The message in a language."""
    return text.zh if language == "zh" else text.en


def term(word: str, language: str) -> str:
    """The name of a severity or an applicability."""
    return _CHINESE[word] if language == "zh" else word


def fix_line(fix: Fix, language: str) -> str:
    """What a fix would do, and how far it may be trusted."""
    if language == "zh":
        return f"修复（{term(fix.applicability.value, language)}）：{fix.title_zh}"
    return f"fix ({fix.applicability.value}): {fix.title}"


def summary(diagnostics: Sequence[Diagnostic], files: int, seconds: float, language: str) -> str:
    """How many findings of which severity there are in how many files, and what can be done about them."""
    if not diagnostics:
        return _nothing_found(files, seconds, language)
    counts = {severity: sum(one.severity is severity for one in diagnostics) for severity in Severity}
    present = [(count, severity.value) for severity, count in counts.items() if count]
    if language == "zh":
        found = "、".join(f"{count} 个{_CHINESE[word]}" for count, word in present)
        return f"{files} 个文件中有 {found}（{seconds:.2f} 秒）。{_remedy(diagnostics, language)}"
    found = ", ".join(counted(count, word) for count, word in present)
    return f"Found {found} in {counted(files, 'file')} ({seconds:.2f} s).{_remedy(diagnostics, language)}"


def _nothing_found(files: int, seconds: float, language: str) -> str:
    if language == "zh":
        return f"{files} 个文件没有问题（{seconds:.2f} 秒）。"
    return f"Nothing found in {counted(files, 'file')} ({seconds:.2f} s)."


def ignored(findings: int, files: int, language: str) -> str:
    """How many findings are suppressed from now on."""
    if language == "zh":
        return f"已在 {files} 个文件中抑制 {findings} 个问题。"
    return f"Suppressed {counted(findings, 'finding')} in {counted(files, 'file')}."


def recorded(findings: int, file: str, language: str) -> str:
    """How many findings a baseline holds."""
    if language == "zh":
        return f"已将 {findings} 个问题记录到 {file}。"
    return f"Recorded {counted(findings, 'finding')} in {file}."


def hidden(findings: int, language: str) -> str:
    """How many findings are not told because they are known."""
    if language == "zh":
        return f"基线中的 {findings} 个问题未显示。"
    return f"Not shown: {counted(findings, 'finding')} of the baseline."


def counted(count: int, word: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count} {word if count == 1 else _ENGLISH_PLURALS[word]}"


def _remedy(diagnostics: Sequence[Diagnostic], language: str) -> str:
    safe = sum(one.fix is not None and one.fix.applicability is Applicability.SAFE for one in diagnostics)
    if not safe:
        return ""
    if language == "zh":
        return f"`modlint fix --write` 可修复其中 {safe} 个。"
    return f" `modlint fix --write` makes {counted(safe, 'fix')}."
