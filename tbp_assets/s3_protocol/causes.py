"""Why an S3 server refuses, by the code of its answer: what each means, and what helps.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and those that other servers are known for.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from tbp_assets.s3_protocol.guard import PASSING, SERVER_FAULT, one_line

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Kind = Literal["keys", "refused", "wait", "passing", "archived"]

_CLOCK: Final = (
    "this machine's clock is not the server's: let NTP set it (`timedatectl`); `tbp doctor` compares the two"
)
_ACCOUNT: Final = (
    "there is a problem with the account: see its state and its bills on the provider's site, or ask support"
)
_CLOSED: Final = "all access to the bucket or the account is switched off: ask whoever runs it"
_UNLIKE: Final = (
    "the secret key is not the one of this access key, or something on the way changes requests: check {keys}"
)
_RUN_OUT: Final = "the session token is not, or no longer, valid: get new keys and set {keys}"
_QUOTA: Final = "the quota is used up: wait until it begins anew, or have it raised"
_REGION: Final = "requests are signed for another region or in another way than the bucket wants: check {region}"

# What is not here is told by its status, with the code and the server's own words.
_CAUSES: Final = MappingProxyType[str, tuple[Kind, str]](
    {
        "InvalidAccessKeyId": ("keys", "the server does not know this access key: check {keys}"),
        "SignatureDoesNotMatch": ("keys", _UNLIKE),
        "InvalidSecurity": ("keys", "the keys are not valid: check {keys}"),
        "CredentialsNotSupported": ("keys", "keys of this kind are not taken: check {keys}"),
        "ExpiredToken": ("keys", _RUN_OUT),
        "InvalidToken": ("keys", _RUN_OUT),
        "TokenRefreshRequired": ("keys", _RUN_OUT),
        "MissingSecurityHeader": ("keys", "the request bore no keys: check {keys}, and what stands between"),
        "AccessKeyDisabled": ("keys", "this access key is switched off: get new keys and set {keys}"),
        "RequestTimeTooSkewed": ("refused", _CLOCK),
        "RequestExpired": ("refused", f"the request's time had run out; either the line is slow, or {_CLOCK}"),
        "RequestInTheFuture": ("refused", _CLOCK),
        "AccountProblem": ("refused", _ACCOUNT),
        "AccountSuspended": ("refused", _ACCOUNT),
        "AccountDisabled": ("refused", _ACCOUNT),
        "UserSuspended": ("refused", _ACCOUNT),
        "NotSignedUp": ("refused", "the account is not signed up for this service: do so on the provider's site"),
        "PaymentRequired": ("refused", _ACCOUNT),
        "AllAccessDisabled": ("refused", _CLOSED),
        "InvalidPayer": ("refused", _CLOSED),
        "AuthorizationHeaderMalformed": ("refused", _REGION),
        "PermanentRedirect": ("refused", _REGION),
        "IllegalLocationConstraintException": ("refused", _REGION),
        "QuotaExceeded": ("wait", _QUOTA),
        "LimitExceeded": ("wait", _QUOTA),
        "LimitExceededException": ("wait", _QUOTA),
        "UsageLimitExceeded": ("wait", _QUOTA),
        "InvalidObjectState": ("archived", "the file lies in an archive and must be restored there first"),
        "SlowDown": ("wait", ""),
        "Throttling": ("wait", ""),
        "ThrottlingException": ("wait", ""),
        "RequestThrottled": ("wait", ""),
        "TooManyRequests": ("wait", ""),
        "TooManyRequestsException": ("wait", ""),
        "RequestLimitExceeded": ("wait", ""),
        "BandwidthLimitExceeded": ("wait", ""),
        "RequestTimeout": ("passing", ""),
        "RequestTimeoutException": ("passing", ""),
        "OperationAborted": ("passing", ""),
        "ConditionalRequestConflict": ("passing", ""),
        "PriorRequestNotComplete": ("passing", ""),
        "IncompleteBody": ("passing", ""),
        "InternalError": ("passing", ""),
        "ServiceUnavailable": ("passing", ""),
        "Busy": ("passing", ""),
    }
)  # fmt: skip
_BY_STATUS: Final = MappingProxyType[int, tuple[Kind, str]](
    {
        401: ("keys", "the keys are not taken: check {keys}"),
        402: ("refused", _ACCOUNT),
        407: ("refused", "a proxy on the way wants a login: see HTTPS_PROXY and NO_PROXY"),
        409: ("passing", ""),
        429: ("wait", ""),
        503: ("wait", ""),
    }
)
_NOT_IMPLEMENTED: Final = 501


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a request was refused.

    Attributes:
        status: HTTP status.
        code: The server's code for it; empty where it gave none, as for any HEAD.
        kind: `keys` (they are refused), `refused` (all requests are, for another reason), `wait` (fewer requests, or
            later), `passing` (the same may work), `archived` (this file alone); None: not known.
        words: What it means and what helps, with {keys} and {region} to be filled; empty where there is nothing to add.
        message: The server's own words.
    """

    status: int
    code: str
    kind: Kind | None
    words: str
    message: str

    @property
    def name(self) -> str:
        """Status and code, as they are quoted."""
        return f"HTTP {self.status} {self.code}".rstrip()

    @property
    def quoted(self) -> str:
        """The same with the server's own words."""
        said = "" if self.message in {"", self.code} else f" ({self.message})"
        return f"{self.name}{said}"


def cause_of(error: ClientError) -> Cause:
    """Return why a server refused."""
    said = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, message = one_line(str(said.get("Code", ""))), one_line(str(said.get("Message", "")))
    # botocore puts the status where a server gave no code.
    bare = "" if code == str(status) else code
    kind, words = _CAUSES.get(bare, (None, ""))
    if kind is None:
        kind, words = _by_status(status)
    return Cause(status, bare, kind, words, message if bare else "")


def _by_status(status: int) -> tuple[Kind | None, str]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    passing = status in PASSING or (status >= SERVER_FAULT and status != _NOT_IMPLEMENTED)
    return ("passing", "") if passing else (None, "")
