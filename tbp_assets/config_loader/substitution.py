"""${VAR} and ${VAR:-default} in the strings of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import expandvars

from tbp_assets.config_loader.sources import KeyPath, Sources
from tbp_assets.errors import ConfigError

NAME: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Substitution:
    """Substitutes the variables of one file; a string that is one unset variable becomes an absent key.

    Attributes:
        environment: The variables.
        sources: Where it is noted what each value comes from.
        lenient: A variable that is not set is no fault inside a longer text either: its key becomes absent.
    """

    environment: Mapping[str, str]
    sources: Sources
    lenient: bool = False

    def apply(self, node: Any, path: KeyPath = ()) -> Any:
        """Return a tree with its variables substituted.

        Raises:
            ConfigError: A variable inside a longer text is not set, or cannot be parsed.
        """
        self.sources.present.add(path)
        if isinstance(node, dict):
            items = cast("dict[Any, Any]", node).items()
            pairs = [(key, self.apply(value, (*path, str(key)))) for key, value in items]
            return {key: value for key, value in pairs if value is not None}
        if isinstance(node, list):
            return [self.apply(value, (*path, n)) for n, value in enumerate(cast("list[Any]", node))]
        return self._text(node, path) if isinstance(node, str) and "${" in node else node

    def _text(self, text: str, path: KeyPath) -> str | None:
        found = NAME.match(text)
        name = found[1] if found else ""
        alone = text == f"${{{name}}}"
        if alone and self.environment.get(name) == "":
            # Set to nothing, as a copied .env.example leaves it.
            return self._unset(path, name)
        try:
            value = cast(
                "str",
                expandvars.expand(text, environ=self.environment, nounset=True, surrounded_vars_only=True),  # pyright: ignore[reportUnknownMemberType]  # untyped parameters
            )
        except expandvars.UnboundVariable:
            if alone or self.lenient:
                return self._unset(path, *(NAME.findall(text) if self.lenient else [name]))
            raise ConfigError(f"{self.sources.place(path)}: {text!r} needs a variable that is not set") from None
        except expandvars.ExpandvarsException as error:
            raise ConfigError(f"{self.sources.place(path)}: {text!r} cannot be substituted ({error})") from error
        self._note(text, path)
        return value

    def _note(self, text: str, path: KeyPath) -> None:
        names = dict.fromkeys(NAME.findall(text))
        known = [name for name in names if self.environment.get(name)]
        self.sources.note(path, "variable" if known else "default", *(known or names))

    def _unset(self, path: KeyPath, *names: str) -> None:
        self.sources.note(path, "unset", *names)
