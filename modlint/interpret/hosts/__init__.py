"""The host functions that guest code may call: a closed set of pure functions, one file a subject."""

from modlint.interpret.hosts import (
    arrays,
    containers,
    copying,
    functions,
    inspection,
    iterators,
    objects,
    patterns,
    scalars,
    summaries,
    surroundings,
)
from modlint.interpret.hosts.constants import CONSTANTS, STATE
from modlint.interpret.hosts.table import HOSTS, host

__all__ = [
    "CONSTANTS",
    "HOSTS",
    "STATE",
    "arrays",
    "containers",
    "copying",
    "functions",
    "host",
    "inspection",
    "iterators",
    "objects",
    "patterns",
    "scalars",
    "summaries",
    "surroundings",
]
