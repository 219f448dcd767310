"""The families: ops that belong together, one file each."""
