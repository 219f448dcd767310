"""The settings of a file, and how one layer of them goes before another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modlint.diagnostics import Severity
from modlint.inputs import Inputs
from modlint.misuse import MisuseError
from modlint.patterns import Patterns


class ConfigError(MisuseError):
    """A configuration file says something that modlint does not know; the message names the file."""


@dataclass(frozen=True)
class Selection:
    """What one layer says of the rules, by codes, prefixes of codes, or names.

    ``select`` starts anew; None goes on with what the layers below have selected.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """The settings of a file; ``files`` are those that they come from, the nearest last.

    ``inputs`` are those of classes, by ``/path/of/file.py::Class`` or ``Class``. ``asked_input`` is what the command
    line says, which goes before everything that files say.
    """

    selections: tuple[Selection, ...] = ()
    per_file_ignores: tuple[tuple[Patterns, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    include: Patterns | None = None
    exclude: Patterns | None = None
    force_exclude: bool = False
    fail_on: Severity = Severity.WARNING
    language: str = "en"
    input: Inputs | None = None
    inputs: tuple[tuple[str, Inputs], ...] = ()
    asked_input: Inputs | None = None
    baseline: str | None = None
    cache_dir: str | None = None
    output_format: str = "full"
    show_info: bool = False
    files: tuple[str, ...] = field(default=(), compare=False)

    def excludes(self, path: str) -> bool:
        """Whether an absolute path is left out; that of a folder ends in a slash."""
        return self.exclude is not None and bool(self.exclude.verdict(path))

    def includes(self, path: str) -> bool:
        """Whether a file is read although it is neither Python nor a notebook."""
        return self.include is not None and bool(self.include.verdict(path))

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The selectors of the rules that ``per-file-ignores`` leaves out in a file of this absolute path."""
        return tuple(
            selector
            for patterns, selectors in self.per_file_ignores
            if patterns.verdict(path)
            for selector in selectors
        )

    def inputs_in(self, path: str) -> dict[str, Inputs]:
        """The inputs of the classes in a file of this absolute path; those of this very file go first."""
        anywhere = {name: inputs for name, inputs in self.inputs if "::" not in name}
        prefix = f"{path}::"
        here = {name.removeprefix(prefix): inputs for name, inputs in self.inputs if name.startswith(prefix)}
        return {**anywhere, **here}


def layered(config: Config, layer: Mapping[str, Any]) -> Config:
    """The settings with those of ``layer``, values by key, before them.

    A key replaces what is below it; only selections add up.
    """
    fields = {key.replace("-", "_"): value for key, value in layer.items() if key != "extend"}
    said = {name: fields.pop(name) for name in ("select", "extend_select", "ignore") if name in fields}
    selections = (*config.selections, Selection(**said)) if said else config.selections
    return replace(config, selections=selections, **fields)
