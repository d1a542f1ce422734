"""The rules that the source tree is checked against, a file for each language."""
