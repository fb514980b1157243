"""How fast events are made and sent, each figure beside a baseline measured in the same run.

`python -m benchmarks` prints the table; with `--write` it also writes docs/benchmarks.md. The goals
are said beside the ratios and nothing fails by them: a busy machine is no defect.
"""
