"""A message in the JSON of Slack's incoming webhooks, which Mattermost, Rocket.Chat and others take as well.

Source: https://docs.slack.dev/reference/block-kit (limits) and https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

from typing import Any, Final

from tbp_assets.alerts.message import Line, Message, Section

LONGEST_HEADER: Final = 150
LONGEST_SECTION: Final = 3000


def payload(message: Message) -> dict[str, Any]:
    """Return the body: `blocks` where they are known, `text` everywhere else and in notifications."""
    header = {"type": "header", "text": {"type": "plain_text", "text": _cut(message.title, LONGEST_HEADER)}}
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": _section(section)}} for section in message.sections
    ]
    return {"text": _uncalling(message.text), "blocks": [header, *sections]}


def _section(section: Section) -> str:
    versions = (_shown(section, lines) for lines in range(len(section.lines), -1, -1))
    return next(text for text in versions if len(text) <= LONGEST_SECTION)


def _shown(section: Section, lines: int) -> str:
    hidden = section.more + len(section.lines) - lines
    more = [f"• and {hidden:,} more"] if hidden else []
    cure = [_escaped(section.cure)] if section.cure else []
    return "\n".join([f"*{_escaped(section.heading)}*", *map(_line, section.lines[:lines]), *more, *cure])


def _line(line: Line) -> str:
    return f"• {_escaped(line.text)}" + (f" <{_escaped(line.url)}|open>" if line.url else "")


def _escaped(text: str) -> str:
    return _uncalling(text.replace("&", "&amp;"))


def _uncalling(text: str) -> str:
    """Escape what could call everyone in the channel, and leave links whole for those who show the text as it is."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
