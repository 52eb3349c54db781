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

from tbp_assets.errors import ConfigError, CredentialsError, StoreUnavailableError, TbpError

KEYS = "TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY (s3.yml: lake), or AWS's own where both are empty"
RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"
UNKNOWN_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed"}
ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
CHANGED = {"PreconditionFailed", "ConditionalRequestConflict"}
LATER = {"SlowDown", "OperationAborted", "RequestTimeout"}
FORBIDDEN, NOT_IMPLEMENTED, SERVER_FAULT, THROTTLED = 403, 501, 500, 429


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
        ConfigError: No such bucket, or one that cannot be used.
        AbsentError: No such object.
        ChangedError: A condition does not hold.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, url, bucket) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound, TokenRetrievalError) as error:
        raise CredentialsError(f"{url}: no keys: set {KEYS} ({error})") from error
    except ParamValidationError as error:
        raise ConfigError(f"{url}: {error} (TBP_LAKE_URL, pipeline.yml: lake_url)") from error
    except EndpointConnectionError as error:
        raise StoreUnavailableError(f"{url}: {error} (TBP_LAKE_ENDPOINT_URL, s3.yml: lake.endpoint_url)") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"{url}: {error}. What was written before stays; run it again") from error


def _from_answer(error: ClientError, url: str, bucket: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchKey":
        return AbsentError(url)
    if code in CHANGED:
        return ChangedError(url)
    if code in UNKNOWN_KEYS or status == FORBIDDEN:
        return _refused(code, url)
    return _fault(code, status, url, bucket)


def _refused(code: str, url: str) -> CredentialsError:
    if code in UNKNOWN_KEYS:
        return CredentialsError(f"{url}: the keys are refused ({code}): check {KEYS}")
    return CredentialsError(f"{url}: HTTP 403 {code}: these keys need {RIGHTS}; they are {KEYS}")


def _fault(code: str, status: int, url: str, bucket: str) -> TbpError:
    if code == "NoSuchBucket":
        return ConfigError(f"{url}: there is no bucket {bucket!r}: create it (TBP_LAKE_URL, pipeline.yml: lake_url)")
    if code in ELSEWHERE:
        return ConfigError(
            f"{url}: the bucket lies in another region ({code}): set TBP_LAKE_REGION (s3.yml: lake.region)"
        )
    if status == NOT_IMPLEMENTED:
        return ConfigError(f"{url}: this store has no conditional writes (HTTP 501), without which a lake is not safe")
    if status >= SERVER_FAULT or status == THROTTLED or code in LATER:
        return StoreUnavailableError(f"{url}: HTTP {status} {code} after every retry; run it again later")
    return ConfigError(f"{url}: HTTP {status} {code} (TBP_LAKE_URL, pipeline.yml: lake_url)")
