"""How results look: one file per format. Text is coloured here, and stripped of it where no terminal reads it."""
