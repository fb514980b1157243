"""The AWS emulator and the services it lacks.

Runs in the emulator's own environment and imports only `local.aws`.
"""
