"""config/s3.yml and config/database.yml: where day files come from, how a lake on S3 is reached, where bars go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from tbp_assets.settings.models import ConfigModel, OptionalSecrets
from tbp_assets.settings.urls import SOURCES, source_parts


class LakeConfig(ConfigModel):
    """How landing zone and lake are reached where TBP_LAKE_URL is s3://; where they lie is pipeline.yml's.

    Attributes:
        endpoint_url: Empty for AWS.
        region: Empty: AWS's own configuration says.
        access_key, secret_key: Both or neither; empty: AWS's own chain of credentials.
    """

    endpoint_url: Annotated[str, Field(pattern=r"^(https?://.*)?$")]
    region: str
    access_key: SecretStr
    secret_key: SecretStr
    addressing_style: Literal["auto", "path", "virtual"]
    connect_timeout_seconds: Annotated[float, Field(gt=0)]
    read_timeout_seconds: Annotated[float, Field(gt=0)]
    max_attempts: Annotated[int, Field(ge=1)]
    max_connections: Annotated[int, Field(ge=1, le=256)]

    @model_validator(mode="after")
    def _keys_together(self) -> LakeConfig:
        if bool(self.access_key.get_secret_value()) != bool(self.secret_key.get_secret_value()):
            raise ValueError("set TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY both, or neither for AWS's own chain")
        return self


class S3Config(OptionalSecrets):
    """config/s3.yml."""

    url: str
    endpoint_url: Annotated[str, Field(pattern=r"^https?://")]
    region: str
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    addressing_style: Literal["path", "virtual"]
    connect_timeout_seconds: Annotated[float, Field(gt=0)]
    read_timeout_seconds: Annotated[float, Field(gt=0)]
    max_attempts: Annotated[int, Field(ge=1)]
    max_pool_connections: Annotated[int, Field(ge=1)]
    listing_max_age_seconds: Annotated[float, Field(ge=0)]
    lake: LakeConfig

    @property
    def scheme(self) -> str:
        """Kind of source the url names: `s3`, `file`, `synthetic`, or nothing.

        Raises:
            ConfigError: The url cannot be parsed.
        """
        return source_parts(self.url).scheme

    @property
    def data_source(self) -> str:
        """Whose data the source gives: `synthetic` or `polygon`."""
        return "synthetic" if self.scheme == "synthetic" else "polygon"

    def missing_for_source(self) -> list[str]:
        """Return what the chosen source still needs."""
        if not self.url:
            return [f"no source of day files: set TBP_FLAT_FILES_URL to {SOURCES} ({self._file}: url)"]
        return self.missing("access_key", "secret_key") if self.scheme == "s3" else []


class DatabaseConfig(OptionalSecrets):
    """config/database.yml."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    name: str
    user: str | None = None
    password: SecretStr | None = None
    schema_name: Annotated[str, Field(alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    dagster_schema: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    pool_size: Annotated[int, Field(ge=1, le=64)]
    connect_timeout_seconds: Annotated[int, Field(ge=1)]
    statement_timeout_seconds: Annotated[int, Field(ge=0)]
    query_timeout_seconds: Annotated[int, Field(ge=1)]
    chunk_days: Annotated[int, Field(ge=1, le=3650)]
    compress_after_days: Annotated[int, Field(ge=0, le=36500)]
    reader_role: Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_]{0,62})?$")]

    @model_validator(mode="after")
    def _schemas_apart(self) -> DatabaseConfig:
        if self.schema_name == self.dagster_schema:
            raise ValueError(
                f"schema and dagster_schema are both {self.schema_name!r}: the bars and Dagster's tables need one each"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether the server in TBP_HOME is used."""
        return not self.host

    def missing_for_database(self) -> list[str]:
        """Return what the chosen database still needs."""
        return [] if self.embedded else self.missing("user", "password")
