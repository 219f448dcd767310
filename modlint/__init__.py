"""modlint reads PyTorch ``nn.Module`` code as torch will run it, without running it."""

__version__ = "0.1.0"
