"""Writes the JSON schema of the configuration; with ``--check`` it only says whether the schema is right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from modlint.config.keys import schema

SCHEMA = Path(__file__).parent.parent / "modlint" / "data" / "config.schema.json"


def text() -> str:
    """The schema of today."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> int:
    """Write or check; 1 when ``--check`` finds another schema."""
    if "--check" in sys.argv[1:]:
        if SCHEMA.read_text(encoding="utf-8") == text():
            return 0
        print(f"{SCHEMA.name} is out of date; run `python tools/make_config_schema.py`.")
        return 1
    SCHEMA.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
