"""Small line drawings of the stages, inline, in a 24 by 24 box."""

from __future__ import annotations

_PATHS = {
    "generator": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "producer": '<path d="M3 12h13M11 6l6 6-6 6"/><path d="M20 5v14"/>',
    "topic": '<rect x="3" y="4" width="18" height="4" rx="1"/><rect x="3" y="10" width="18" '
    'height="4" rx="1"/><rect x="3" y="16" width="18" height="4" rx="1"/>',
    "bucket": '<ellipse cx="12" cy="6" rx="8" ry="2.6"/>'
    '<path d="M4 6l2 13c.4 2.4 11.6 2.4 12 0l2-13"/>',
    "table": '<rect x="3" y="4" width="18" height="16" rx="2"/>'
    '<path d="M3 9.5h18M3 14.5h18M9 4v16"/>',
    "event": '<path d="M8 5l11 7-11 7z"/>',
}


def svg(name: str) -> str:
    """The drawing of a stage, as an SVG element without any outside reference."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true">{_PATHS[name]}</svg>'
