"""In which hours that was sent which a run lost, as far as the hours of arrival tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from analysis.figures import RunFigures, hour_after


def by_hour(run: RunFigures, lines: Mapping[str, int], lost: int) -> dict[str, int]:
    """`lost` records of the run by the UTC hour in which the attempt or replay began.

    `lines` are those of the run by hour of arrival. What is sent in an hour arrives in it or in the
    next one; what came later, or what two hours may have sent, counts for the later of them. So of
    several hours that may have lost it the earliest is named, and all sum to `lost`.
    """
    if lost <= 0:
        return {}
    left = Counter(lines)
    lacking: dict[str, int] = {}
    for sent in sorted(run.sent_by_hour, reverse=True):
        lacking[sent] = run.sent_by_hour[sent]
        for arrival in (hour_after(sent), sent):
            taken = min(left[arrival], lacking[sent])
            left[arrival] -= taken
            lacking[sent] -= taken
    found: dict[str, int] = {}
    for sent in sorted(lacking):
        found[sent] = min(lacking[sent], lost)
        lost -= found[sent]
    found[min(lacking)] += lost  # behind lines of events that it never generated
    return found
