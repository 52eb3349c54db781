"""What the models of all configuration files share: they are frozen, refuse unknown keys and hide secrets.

Every `SecretStr` of every file, and every login in a URL, is hidden in all that is written, from the moment it is read.
"""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, SecretStr, model_validator

from tbp_assets.masking import remember, remember_login

SHOWN_OF_A_SECRET: Final = 4
LONG_SECRET: Final = 16


class ConfigModel(BaseModel):
    """Base of every section: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _hide_secrets(self) -> Self:
        for _, value in self:
            if isinstance(value, SecretStr):
                remember(value.get_secret_value())
            elif isinstance(value, str):
                remember_login(value)
        return self


class OptionalSecrets(ConfigModel):
    """Base of the files with secrets that only some parts need; remembers which variable would have set each."""

    _file: str = PrivateAttr("")
    _unset: dict[str, tuple[str, str]] = PrivateAttr(default_factory=dict[str, tuple[str, str]])

    def remember_unset(self, file: str, unset: dict[str, tuple[str, str]]) -> None:
        """Keep, by key, the variables that were not set and who asks for them, for the message of `missing`."""
        self._file, self._unset = file, unset

    def missing(self, *keys: str) -> list[str]:
        """Return one sentence per key that has no value, naming the variable and the file that asks for it."""
        return [
            "{} is not set ({})".format(*self._unset.get(key, (key, f"{self._file} asks for it: {key}")))
            for key in keys
            if not getattr(self, key)
        ]


def ending_of(secret: SecretStr) -> str:
    """Return a secret for people: its last characters where it is long, else nothing of it."""
    text = secret.get_secret_value()
    return f"***{text[-SHOWN_OF_A_SECRET:]}" if len(text) >= LONG_SECRET else "***"
