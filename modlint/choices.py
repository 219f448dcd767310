"""What the command line and the configuration offer to choose from; plain strings, so that `--help` loads nothing."""

OUTPUT_FORMATS = (
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "junit",
    "github",
    "gitlab",
    "sarif",
    "rdjson",
    "pylint",
)
LANGUAGES = ("en", "zh")
SEVERITIES = ("error", "warning", "info")
