"""Names of findings that stay when their lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from modlint.diagnostics import Diagnostic
from modlint.report.page import Page


def fingerprints(page: Page) -> Iterator[tuple[Diagnostic, str]]:
    """Each finding of a page with 64 hexadecimal digits that depend on file, rule and the text of the line.

    Findings that are alike in these are told apart by their order.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for diagnostic in page.diagnostics:
        key = (diagnostic.file, diagnostic.code, page.line(diagnostic.span.start).strip())
        yield diagnostic, hashlib.sha256("\0".join([*key, str(seen[key])]).encode()).hexdigest()
        seen[key] += 1
