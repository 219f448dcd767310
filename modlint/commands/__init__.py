"""What each command does: settings in, exit code out."""
