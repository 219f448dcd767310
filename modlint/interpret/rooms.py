"""The rooms whose functions are found by the kind of what they work on, none of which is asked for by its name."""

from modlint.interpret import comprehensions, functions, imports, libraries, modules, objects, reflection, sums

__all__ = ["comprehensions", "functions", "imports", "libraries", "modules", "objects", "reflection", "sums"]
