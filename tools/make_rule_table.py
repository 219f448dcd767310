"""Writes the table of rules into README.md; with ``--check`` it only says whether the table is right."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from modlint.rule import load_rules

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- rules -->\n", "<!-- /rules -->"


def table() -> str:
    """Every rule, one row each."""
    rows = (f"| {rule.meta.code} | `{rule.meta.name}` | {rule.meta.en.title} |" for rule in load_rules())
    return "\n".join(["| Code | Name | What it finds |", "|---|---|---|", *rows, ""])


def updated(text: str) -> str:
    """The README's text with the table of today."""
    return re.sub(f"(?<={BEGIN}).*(?={END})", lambda _: table(), text, flags=re.DOTALL)


def main() -> int:
    """Write or check; 1 when ``--check`` finds another table."""
    text = README.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        if updated(text) == text:
            return 0
        print("README.md: the table of rules is out of date; run `python tools/make_rule_table.py`.")
        return 1
    README.write_text(updated(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
