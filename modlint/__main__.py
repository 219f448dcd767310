"""``python -m modlint``."""

from modlint.cli import main

main(prog_name="modlint")
