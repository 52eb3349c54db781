"""What a bucket of ours says, in the project's errors: who has to do what. The provider's bucket is `providers/`'s."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from tbp_assets.errors import ConfigError, CredentialsError, RefusedError, StoreUnavailableError, TbpError
from tbp_assets.s3_protocol.causes import Cause, cause_of

KEYS = "TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY (s3.yml: lake), or AWS's own where both are empty"
RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"
ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
CHANGED = {"PreconditionFailed", "ConditionalRequestConflict"}
FORBIDDEN, NOT_IMPLEMENTED = 403, 501


class AbsentError(Exception):
    """There is no such object. Never leaves `s3_files`."""


class ChangedError(Exception):
    """The object is another one than the request was meant for. Never leaves `s3_files`."""


@contextmanager
def translated(url: str, bucket: str) -> Generator[None]:
    """Raise the project's errors for what a client raises.

    Raises:
        StoreUnavailableError: The same request may work later.
        CredentialsError: No keys, or keys that are refused.
        RefusedError: Clock, account, or an object that is archived.
        ConfigError: No such bucket, or one that cannot be used.
        AbsentError: No such object.
        ChangedError: A condition does not hold.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(cause_of(error), url, bucket) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound, TokenRetrievalError) as error:
        raise CredentialsError(f"{url}: no keys: set {KEYS} ({error})") from error
    except ParamValidationError as error:
        raise ConfigError(f"{url}: {error} (TBP_LAKE_URL, pipeline.yml: lake_url)") from error
    except EndpointConnectionError as error:
        raise StoreUnavailableError(f"{url}: {error} (TBP_LAKE_ENDPOINT_URL, s3.yml: lake.endpoint_url)") from error
    except BotoCoreError as error:
        words = " ".join(str(error).split())
        raise StoreUnavailableError(f"{url}: {words}. What was written before stays; run it again") from error
    except ValueError as error:
        words = " ".join(str(error).split())
        raise StoreUnavailableError(f"{url}: an answer that cannot be read: {words}") from error


def _from_answer(cause: Cause, url: str, bucket: str) -> Exception:
    if cause.code == "NoSuchKey":
        return AbsentError(url)
    if cause.code in CHANGED:
        return ChangedError(url)
    return _refused(cause, url, bucket)


def _refused(cause: Cause, url: str, bucket: str) -> TbpError:
    if cause.code in ELSEWHERE:
        where = "set TBP_LAKE_REGION (s3.yml: lake.region)"
        return ConfigError(f"{url}: the bucket lies in another region ({cause.code}): {where}")
    match cause.kind:
        case "keys":
            return CredentialsError(f"{url}: the keys are refused ({cause.code or cause.name}): check {KEYS}")
        case "refused" | "archived":
            return RefusedError(f"{url}: {cause.name}: {cause.words}")
        case "wait" | "passing":
            later = f". {cause.words}" if cause.words else "; run it again later"
            return StoreUnavailableError(f"{url}: {cause.name} after every retry{later}")
        case None:
            return _from_status(cause, url, bucket)


def _from_status(cause: Cause, url: str, bucket: str) -> TbpError:
    if cause.code == "NoSuchBucket":
        return ConfigError(f"{url}: there is no bucket {bucket!r}: create it (TBP_LAKE_URL, pipeline.yml: lake_url)")
    if cause.status == FORBIDDEN:
        return CredentialsError(f"{url}: {cause.name}: these keys need {RIGHTS}; they are {KEYS}")
    if cause.status == NOT_IMPLEMENTED:
        return ConfigError(f"{url}: this store has no conditional writes (HTTP 501), without which a lake is not safe")
    return ConfigError(f"{url}: {cause.name} (TBP_LAKE_URL, pipeline.yml: lake_url)")
