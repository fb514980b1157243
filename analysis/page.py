"""The frame of every page that this writes: head, style, nothing from outside."""

from __future__ import annotations

from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("page.css")


def page(title: str, body: str) -> str:
    """A whole HTML document; `title` is escaped, `body` is HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE.read_text('utf-8')}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
