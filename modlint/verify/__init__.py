"""Runs models for real, in processes of their own: ``plan`` what is executed, ``supervisor.verify`` executes it."""
