"""Every key of the configuration: what it may be, and what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modlint.choices import LANGUAGES, OUTPUT_FORMATS
from modlint.config.kinds import (
    BOOLEAN,
    INPUTS,
    PATH,
    PATTERNS,
    SEVERITY,
    STRINGS,
    Kind,
    Where,
    choice,
    class_name,
    one_pattern,
    table,
)
from modlint.misuse import MisuseError, did_you_mean


class Key(NamedTuple):
    """A key of the configuration."""

    kind: Kind
    what: str


KEYS: Mapping[str, Key] = {
    "extend": Key(PATH, "A configuration file to start from; what is said here goes before it."),
    "select": Key(STRINGS, "The rules that run: codes, prefixes of codes, or names. Every rule by default."),
    "extend-select": Key(STRINGS, "Rules that run in addition."),
    "ignore": Key(STRINGS, "Rules that do not run. Of selectors that disagree, the narrower one holds."),
    "per-file-ignores": Key(table(STRINGS, one_pattern), "Rules that do not run in the files that match a pattern."),
    "severity": Key(table(SEVERITY), "How grave the findings of a rule are, by code, prefix or name."),
    "include": Key(PATTERNS, "Files to read besides Python and notebooks; patterns as in .gitignore."),
    "exclude": Key(PATTERNS, "Files and folders to leave out; patterns as in .gitignore."),
    "force-exclude": Key(BOOLEAN, "Leave out excluded files even when they are named on the command line."),
    "fail-on": Key(SEVERITY, "The mildest finding that makes the exit code 1."),
    "language": Key(choice(LANGUAGES), "The language of the messages; by default that of the locale."),
    "input": Key(INPUTS, "What forward takes: 8x3x224x224; several by comma; 2x16:int64 for other types."),
    "inputs": Key(table(INPUTS, class_name), "What forward of a class takes, by `models/net.py::Net` or `Net`."),
    "baseline": Key(PATH, "A file that `modlint baseline` wrote; the findings in it are not shown."),
    "cache-dir": Key(PATH, "Where findings are remembered; .modlint_cache beside the configuration by default."),
    "output-format": Key(choice(OUTPUT_FORMATS), "How findings look."),
    "show-info": Key(BOOLEAN, "Show advice as well."),
}


def read_values(table: Mapping[str, object], folder: Path) -> dict[str, Any]:
    """The values of a table by key; raises MisuseError for unknown keys and wrong values."""
    values = {}
    for key, value in table.items():
        if key not in KEYS:
            raise MisuseError(f"unknown key `{key}`{did_you_mean(key, KEYS)}")
        values[key] = KEYS[key].kind.read(Where(key, folder), value)
    return values


def schema() -> dict[str, Any]:
    """The JSON schema of a configuration."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "modlint",
        "description": "[tool.modlint] of pyproject.toml, or modlint.toml",
        "type": "object",
        "properties": {name: {"description": key.what, **key.kind.schema} for name, key in KEYS.items()},
        "additionalProperties": False,
    }
