"""What the models of all configuration files share: they are frozen, refuse unknown keys and hide secrets."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PrivateAttr


class ConfigModel(BaseModel):
    """Base of every section: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OptionalSecrets(ConfigModel):
    """Base of the files with secrets that only some parts need; remembers which variable would have set each."""

    _file: str = PrivateAttr("")
    _unset: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    def remember_unset(self, file: str, unset: dict[str, str]) -> None:
        """Keep the variables that were not set, by key, for the message of `missing`."""
        self._file, self._unset = file, unset

    def missing(self, *keys: str) -> list[str]:
        """Return one sentence per key that has no value, naming the variable and the file that asks for it."""
        return [
            f"{self._unset.get(key, key)} is not set ({self._file} asks for it: {key})"
            for key in keys
            if not getattr(self, key)
        ]
