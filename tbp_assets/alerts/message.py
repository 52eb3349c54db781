"""A message as every channel gets it: a title, and for each kind of trouble a heading, its first lines, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One trouble, and its page in the UI."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Troubles of one kind.

    Attributes:
        lines: The first few.
        more: How many there are beyond them.
        cure: What to do, with the command.
    """

    heading: str
    lines: tuple[Line, ...] = ()
    more: int = 0
    cure: str = ""

    @property
    def text(self) -> str:
        """The section as plain text."""
        body = [f"- {line.text}{f'  {line.url}' if line.url else ''}" for line in self.lines]
        more = [f"- and {self.more:,} more"] if self.more else []
        return "\n".join([self.heading, *body, *more, *([self.cure] if self.cure else [])])


@dataclass(frozen=True, slots=True)
class Message:
    """What is delivered at once."""

    title: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The message as plain text."""
        return "\n\n".join([self.title, *(section.text for section in self.sections)])
