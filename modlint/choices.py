"""What the command line and the configuration offer to choose from; plain strings, so that `--help` loads nothing."""

OUTPUT_FORMATS = ("full", "concise", "json", "github", "sarif")
LANGUAGES = ("en", "zh")
SEVERITIES = ("error", "warning", "info")
