"""The one kind of error that a user of the laptop sees: a line of text, never a traceback."""

from __future__ import annotations


class LaptopError(RuntimeError):
    """Something the user can act on; its text starts with a code and ends with what to do.

    `exit_code`: 2 usage or settings, 4 a part or a dependency, 1 a finding (events are missing).
    """

    exit_code = 4
