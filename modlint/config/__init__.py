"""What a project asks for, in ``[tool.modlint]`` of pyproject.toml, in modlint.toml and on the command line."""

from __future__ import annotations

from modlint.config.files import Configuration, configure, find_config, project_root, read_config
from modlint.config.settings import Config, ConfigError, Selection

__all__ = [
    "Config",
    "ConfigError",
    "Configuration",
    "Selection",
    "configure",
    "find_config",
    "project_root",
    "read_config",
]
