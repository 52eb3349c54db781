"""No silent stand-ins: invented data and the embedded server are refused where they do not belong."""

from tbp_assets.errors import ConfigError
from tbp_assets.settings import Settings


def refuse_stand_ins(settings: Settings) -> None:
    """Raise where a stand-in would meet the real thing.

    Raises:
        ConfigError: The synthetic market with a database that is not embedded, or either one in production.
    """
    synthetic, embedded = settings.s3.scheme == "synthetic", settings.database.embedded
    if synthetic and not embedded:
        raise ConfigError(
            f"the synthetic market only fills the embedded database, not {settings.database.host}: "
            "unset DB_HOST, or set TBP_FLAT_FILES_URL to a real source"
        )
    if settings.pipeline.environment == "production" and synthetic:
        raise ConfigError(
            "ENVIRONMENT=production refuses the synthetic market: set TBP_FLAT_FILES_URL to a real source"
        )
    if settings.pipeline.environment == "production" and embedded:
        raise ConfigError("ENVIRONMENT=production refuses the embedded database: set DB_HOST, DB_USER and DB_PASSWORD")
