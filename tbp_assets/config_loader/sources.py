"""Where each value of a file comes from: the file itself, the environment's overrides, or a variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

KeyPath = tuple[str | int, ...]
Kind = Literal["literal", "variable", "default", "unset", "absent"]


def spelled(path: KeyPath) -> str:
    """Return a key as a person writes it: schedule.closures[0]."""
    words = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(words).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of one key comes from.

    Attributes:
        kind: `literal`; `variable` (set in the environment); `default` (of a variable that is not set); `unset` (such a
            variable without a default); `absent` (the key is in no file).
        file: The file that has the key: one of the four, or an environment's overrides.
        variables: Names in `${...}`.
        override: Whether ENVIRONMENT brought it.
    """

    kind: Kind
    file: str
    variables: tuple[str, ...] = ()
    override: bool = False

    def __str__(self) -> str:
        """Return it in words."""
        names = ", ".join(self.variables)
        words = {
            "literal": self.file,
            "variable": f"variable {names} (asked for in {self.file})",
            "default": f"default in {self.file}, as {names} is not set",
            "unset": f"{names} is not set (asked for in {self.file})",
            "absent": f"left out of {self.file}",
        }[self.kind]
        return f"{words}, an override of ENVIRONMENT" if self.override else words


@dataclass(slots=True)
class Sources:
    """The origins of one of the four files' keys; filled while the file is merged and substituted.

    Attributes:
        file: Name of the file, for people.
        override_file: Name of the environment's overrides; empty where there are none.
        section: The file's key in the overrides.
        overridden: Keys that the overrides bring, with all below them.
        found: Origin of each key that names a variable.
        present: Keys that a file has.
    """

    file: str
    override_file: str = ""
    section: str = ""
    overridden: set[KeyPath] = field(default_factory=set[KeyPath])
    found: dict[KeyPath, Origin] = field(default_factory=dict[KeyPath, Origin])
    present: set[KeyPath] = field(default_factory=set[KeyPath])

    def is_overridden(self, path: KeyPath) -> bool:
        """Whether the overrides bring a key, or something that it lies in."""
        return any(path[:length] in self.overridden for length in range(len(path) + 1))

    def file_of(self, path: KeyPath) -> str:
        """Return the file that a key stands in."""
        return self.override_file if self.is_overridden(path) else self.file

    def place(self, path: KeyPath) -> str:
        """Return file and key for a message, the key as it stands in that file."""
        full = (self.section, *path) if self.is_overridden(path) else path
        return f"{self.file_of(path)}: {spelled(full)}"

    def note(self, path: KeyPath, kind: Kind, *variables: str) -> None:
        """Remember where a value comes from."""
        self.found[path] = Origin(kind, self.file_of(path), variables, self.is_overridden(path))

    def origin(self, path: KeyPath) -> Origin:
        """Return where the value of a key comes from."""
        kind: Kind = "literal" if path in self.present else "absent"
        return self.found.get(path) or Origin(kind, self.file_of(path), (), self.is_overridden(path))

    def unset(self, path: KeyPath) -> str:
        """Return the variable that would have set a key, or nothing."""
        found = self.found.get(path)
        return ", ".join(found.variables) if found and found.kind == "unset" else ""

    def merge(self, base: object, override: object, path: KeyPath = ()) -> Any:
        """Return a tree with the overrides in it: mappings are merged, anything else is replaced."""
        if not (isinstance(base, dict) and isinstance(override, dict)):
            self.overridden.add(path)
            return override
        ours, theirs = cast("dict[str, object]", base), cast("Mapping[str, object]", override)
        return ours | {key: self.merge(ours.get(key), value, (*path, str(key))) for key, value in theirs.items()}
