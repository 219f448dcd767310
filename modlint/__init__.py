"""modlint reads PyTorch ``nn.Module`` code as torch will run it, without running it.

``modlint.check``, ``modlint.fix`` and ``modlint.shapes`` are the commands for programs; ``modlint.api`` documents them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modlint.api import Diagnostic, FixedFile, Severity, Shapes, check, fix, shapes

__version__ = "0.1.0"
__all__ = ["Diagnostic", "FixedFile", "Severity", "Shapes", "check", "fix", "shapes"]


def __getattr__(name: str) -> object:
    """What ``modlint.api`` holds, loaded when somebody first asks: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from modlint import api

    return getattr(api, name)
