"""Every op of modlint compared with torch itself, on the ops' own cases and on random changes of them."""
