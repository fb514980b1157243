"""The catalogue of bad input: one case a line, one runner a surface, one page of what is said.

`python -m tests.bad_input` runs all of it and writes docs/bad-input.md.
"""
