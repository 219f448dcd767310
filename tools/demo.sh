#!/bin/sh
# From a broken template to a model that runs: check, fix, verify, each as a user types it.
set -eu

modlint=$(realpath "$1")
template=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed 's/ *# expect: .*//' "$template" >"$folder/model.py" # what the tests expect is not for readers
cd "$folder"

step() {
    printf '\n$ modlint %s\n' "$*"
    "$modlint" "$@"
}

step check model.py || true
step fix --write --diff --no-verify model.py
step check model.py
step verify model.py
