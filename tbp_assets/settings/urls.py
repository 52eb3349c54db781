"""The URLs of the settings, parsed and judged in one place: where day files come from, where files of ours are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import url2pathname

from tbp_assets.errors import ConfigError
from tbp_assets.masking import masked

SOURCES = "s3://flatfiles, file:///a/mirror or synthetic://market"
# A password may hold a slash: what follows a colon is taken for one, up to the last @.
LOGIN = re.compile(r"//[^/]*(?::.*)?@")


def shown(url: str) -> str:
    """Return a URL for people: a login that somebody wrote into it is left out."""
    return LOGIN.sub("//***@", masked(url))


def source_parts(url: str) -> SplitResult:
    """Return the parts of a source's URL, whatever its kind.

    Raises:
        ConfigError: It cannot be parsed.
    """
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _no_source(url, f" ({error})") from None


def known_source(url: str) -> SplitResult:
    """Return the parts of the URL of a source that we can ask: S3, a local mirror or the synthetic market.

    Raises:
        ConfigError: Empty, malformed, or of another kind.
    """
    parts = source_parts(url)
    bucket = parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and parts.path in {"", "/"}
    if bucket or (parts.scheme == "file" and _is_local(parts)) or parts.scheme == "synthetic":
        return parts
    raise _no_source(url)


def local_path(parts: SplitResult) -> Path:
    """Return the path of a file:// URL."""
    return Path(url2pathname(parts.path))


@dataclass(frozen=True, slots=True)
class BucketPrefix:
    """A bucket, or what is below a prefix of it.

    Attributes:
        prefix: Of every key: empty, or ending with a slash.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def lake_place(url: str) -> Path | BucketPrefix:
    """Return the directory or the bucket that TBP_LAKE_URL names.

    Raises:
        ConfigError: Neither the file:// URL of an absolute path nor an s3:// URL of a bucket.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme == "file" and _is_local(parts):
        return local_path(parts)
    if parts.scheme == "s3" and parts.netloc and not LOGIN.match(f"//{parts.netloc}") and not _goes_on(parts):
        prefix = parts.path.strip("/")
        return BucketPrefix(parts.netloc, f"{prefix}/" if prefix else "")
    raise ConfigError(
        f"TBP_LAKE_URL {shown(url)!r} must be empty, file:///an/absolute/path or s3://bucket/prefix "
        "(pipeline.yml: lake_url)"
    )


def _is_local(parts: SplitResult) -> bool:
    return not (parts.netloc or _goes_on(parts)) and parts.path.startswith("/")


def _goes_on(parts: SplitResult) -> bool:
    # A # or ? that is not percent-encoded would silently end the path.
    return bool(parts.query or parts.fragment)


def _no_source(url: str, why: str = "") -> ConfigError:
    what = f"{shown(url)!r} is no source of day files{why}" if url else "no source of day files"
    return ConfigError(f"{what}: set TBP_FLAT_FILES_URL to {SOURCES} (s3.yml: url)")
