"""What verification runs: how the models of a file are built and called."""
