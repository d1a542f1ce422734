"""The man pages and the shell completion, generated from the tables of the commands."""
