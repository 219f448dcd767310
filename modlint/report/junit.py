"""JUnit's XML, which build servers show as tests: a suite for each file, a failed test for each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from xml.sax.saxutils import escape, quoteattr

from modlint.diagnostics import Diagnostic
from modlint.report.page import Page
from modlint.report.quoting import visible
from modlint.report.words import say


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """A file without findings is a test that passes."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="modlint">\n'
    for page in pages:
        yield from _suite(page, language)
    yield "</testsuites>\n"


def _suite(page: Page, language: str) -> Iterator[str]:
    failures = len(page.diagnostics)
    counts = {"tests": max(1, failures), "failures": failures, "errors": 0, "skipped": 0}
    yield f"  <testsuite{_attributes(name=page.path, **counts)}>\n"
    if not page.diagnostics:
        yield f"    <testcase{_attributes(name='modlint', classname=_class_name(page.path))}/>\n"
    for diagnostic in page.diagnostics:
        yield from _case(page, diagnostic, language)
    yield "  </testsuite>\n"


def _case(page: Page, diagnostic: Diagnostic, language: str) -> Iterator[str]:
    start = diagnostic.span.start
    name = f"{diagnostic.code} {diagnostic.name}"
    message = say(diagnostic.message, language)
    reasons = (f"{page.place(one.position)}: {say(one.message, language)}" for one in diagnostic.why)
    told = "\n".join(map(visible, [f"{page.path}:{page.place(start)}: {message}", *reasons]))
    yield f"    <testcase{_attributes(name=name, classname=_class_name(page.path), file=page.path, line=start.line)}>\n"
    yield f"      <failure{_attributes(type=diagnostic.severity.value, message=message)}>{escape(told)}</failure>\n"
    yield "    </testcase>\n"


def _class_name(path: str) -> str:
    return PurePath(path).with_suffix("").as_posix().strip("/").replace("/", ".")


def _attributes(**values: str | int) -> str:
    return "".join(f" {name}={quoteattr(visible(str(value)))}" for name, value in values.items())
