"""What the provider's bucket says, in the project's errors. The one place where botocore's become ours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from tbp_assets.errors import (
    ConfigError,
    CredentialsError,
    FileAbsentError,
    NotEntitledError,
    RateLimitedError,
    RefusedError,
    SourceUnavailableError,
    TbpError,
)
from tbp_assets.s3_protocol.causes import Cause, cause_of

KEYS: Final = "POLYGON_S3_ACCESS_KEY and _SECRET_KEY"
REGION: Final = "region and endpoint_url of s3.yml (TBP_S3_ENDPOINT_URL)"
FORBIDDEN, NOT_FOUND = 403, 404
NOT_COVERED: Final = {"", "AccessDenied", "Forbidden"}


@contextmanager
def translated(url: str, *, listing: bool = False) -> Generator[None]:
    """Raise the project's errors for what a client raises.

    Args:
        url: What was asked for.
        listing: Whether it was a listing, which a subscription does not refuse and in which no file is absent.

    Raises:
        SourceUnavailableError: The same request may work later.
        CredentialsError: No keys, or keys that are refused.
        RefusedError: Clock, account or region; or a file that is archived.
        NotEntitledError: HTTP 403 on an object.
        FileAbsentError: HTTP 404 on an object.
        ConfigError: An address or a bucket that cannot be used.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(cause_of(error), url, listing=listing) from error
    except NoCredentialsError as error:
        raise CredentialsError(f"{url}: no credentials (POLYGON_S3_ACCESS_KEY, POLYGON_S3_SECRET_KEY)") from error
    except ParamValidationError as error:
        raise ConfigError(f"{url}: {error} (TBP_FLAT_FILES_URL, s3.yml: url)") from error
    except BotoCoreError as error:
        # No route, no answer, a foreign one, or a body that broke off: the next try may bring it whole.
        raise SourceUnavailableError(f"{url}: {' '.join(str(error).split())}") from error
    except ValueError as error:
        raise SourceUnavailableError(f"{url}: an answer that cannot be read: {' '.join(str(error).split())}") from error


def _from_answer(cause: Cause, url: str, *, listing: bool) -> TbpError:
    words = cause.words.format(keys=KEYS, region=REGION)
    match cause.kind:
        case "keys":
            return CredentialsError(
                f"{url}: the provider refused the credentials ({cause.code or cause.name}): {words}"
            )
        case "refused" | "archived":
            return RefusedError(f"{url}: {cause.name}: {words}")
        case "wait":
            if words:
                return RateLimitedError(f"{url}: {cause.name}: {words}")
            return RateLimitedError(f"{url}: {cause.name} after every retry: it asks for fewer requests")
        case "passing":
            return SourceUnavailableError(f"{url}: {cause.name} after every retry")
        case None:
            return _from_status(cause, url, listing=listing)


def _from_status(cause: Cause, url: str, *, listing: bool) -> TbpError:
    # HEAD answers carry no body, so the status alone has to tell.
    if cause.code == "NoSuchBucket":
        return ConfigError(f"{url}: no such bucket (TBP_FLAT_FILES_URL, s3.yml: url)")
    if cause.status == FORBIDDEN and cause.code in NOT_COVERED:
        if listing:
            return CredentialsError(f"{url}: the provider refused the credentials ({cause.name}): check {KEYS}")
        return NotEntitledError(f"{url}: HTTP 403, the subscription does not cover this file")
    if cause.status == FORBIDDEN:
        return RefusedError(f"{url}: {cause.quoted}: the provider refuses for a reason of its own: ask its support")
    if cause.status == NOT_FOUND and not listing:
        return FileAbsentError(f"{url}: the provider has no such file")
    return ConfigError(f"{url}: {cause.quoted}: is this the address of the bucket? ({REGION}; TBP_FLAT_FILES_URL)")
