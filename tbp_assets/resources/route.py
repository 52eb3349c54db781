"""Source → target in one line, without secrets: what every command prints first. A lake on S3 is named, too."""

from tbp_assets.settings import Settings
from tbp_assets.settings.urls import BucketPrefix, shown


def route(settings: Settings, target: str, *, otherwise: str = "no source configured") -> str:
    """Return the line.

    Args:
        settings: Where the days come from and which universe is meant.
        target: The database's address, for people.
        otherwise: What stands for the source where none is configured.
    """
    source = shown(settings.s3.url) or otherwise
    # Not asked of the parsed URL: the line is also printed where that is just what is wrong.
    if source.lower().lstrip().startswith("s3:"):
        source += f" at {shown(settings.s3.endpoint_url)}"
    lake = f", lake {settings.store}" if isinstance(settings.store, BucketPrefix) else ""
    return f"{source}  →  {target}{lake}, universe {settings.universe.name}"


def planned_route(settings: Settings) -> str:
    """Return the line as the settings have it: the embedded server is not started to ask for its port."""
    database = settings.database
    if database.embedded:
        return route(settings, f"embedded PostgreSQL in {settings.home} (schema {database.schema_name})")
    login = f"{database.user}@" if database.user else ""
    place = f"{login}{database.host}:{database.port}/{database.name}"
    return route(settings, f"postgresql://{place} (schema {database.schema_name})")
