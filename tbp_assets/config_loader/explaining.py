"""What is wrong with a file, in sentences that name file and key, or the variable to set."""

from __future__ import annotations

from pydantic import ValidationError

from tbp_assets.config_loader.sources import Sources
from tbp_assets.errors import ConfigError


class OnlyUnsetError(ConfigError):
    """Nothing is wrong with an environment but that its variables are not set here."""


def asked_for(sources: Sources) -> dict[str, tuple[str, str]]:
    """Return, by first part of its key, the variable that was not set, and file and key that ask for it."""
    asked: dict[str, tuple[str, str]] = {}
    for path in sources.found:
        if variable := sources.unset(path):
            file, _, key = sources.place(path).partition(": ")
            asked[str(path[0])] = (variable, f"{file} asks for it: {key}")
    return asked


def explained(error: ValidationError, sources: Sources, *, lenient: bool) -> ConfigError:
    """Return one error for all that a model refused, each with file and key.

    Args:
        error: What pydantic found.
        sources: Where the values come from.
        lenient: Leave out variables that are not set.
    """
    problems: dict[str, list[str]] = {}
    for each in error.errors(include_input=False, include_url=False):
        path = each["loc"]
        variable = sources.unset(path)
        if variable and lenient:
            continue
        location = ".".join(map(str, (sources.section, *path) if sources.is_overridden(path) else path))
        kinds = {"extra_forbidden": "unknown key"}
        words = f"the variable {variable} is not set" if variable else kinds.get(each["type"], each["msg"])
        sentence = f"{location}: {words}" if location else words
        problems.setdefault(_blamed(sources, path), []).append(sentence)
    if not problems:
        return OnlyUnsetError("variables are not set")
    return ConfigError("; ".join(f"{file}: {'; '.join(sentences)}" for file, sentences in problems.items()))


def _blamed(sources: Sources, path: tuple[str | int, ...]) -> str:
    """Return the file to change; both, where a fault is of a section that both wrote."""
    below = any(overridden[: len(path)] == path for overridden in sources.overridden)
    if below and not sources.is_overridden(path):
        return f"{sources.file} with {sources.override_file}"
    return sources.file_of(path)
