#!/bin/sh
# From a broken template to a model that runs: check, fix, verify, each as a user types it.
set -eu

modlint=$(realpath "$1")
template=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$template" "$folder/model.py"
cd "$folder"

step() {
    printf '\n$ modlint %s\n' "$*"
    "$modlint" "$@"
}

step check model.py || true
step fix --write --diff --no-verify model.py
step check model.py
step verify model.py
