"""Day files in a local directory with the bucket's own keys."""

from __future__ import annotations

import io
import os
import pwd
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import ConfigError, CredentialsError, FileAbsentError, NotEntitledError, SourceUnavailableError
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets_tests.day_files import (
    FRIDAY,
    REAL_DATA,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    day_file,
    good_rows,
    write_mirror,
)

pytestmark = pytest.mark.unit

KEY = US_STOCKS_DAY_AGGS.key(TUESDAY)
CONTENT = day_file(good_rows(TUESDAY))


def mirror(root: Path) -> LocalMirror:
    return LocalMirror(write_mirror(root, {WEDNESDAY: b"second", TUESDAY: CONTENT, FRIDAY.replace(month=2): b"later"}))


def test_a_month_lists_its_files_sorted_by_key(tmp_path: Path) -> None:
    listed = mirror(tmp_path).list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))
    assert [file.key for file in listed] == [KEY, US_STOCKS_DAY_AGGS.key(WEDNESDAY)]
    assert [file.bytes for file in listed] == [len(CONTENT), 6]


def test_a_prefix_may_end_inside_a_name(tmp_path: Path) -> None:
    source = mirror(tmp_path)
    assert [file.key for file in source.list(KEY.removesuffix("2.csv.gz"))] == [KEY, US_STOCKS_DAY_AGGS.key(WEDNESDAY)]
    assert [file.key for file in source.list(KEY.removesuffix(".csv.gz"))] == [KEY]


def test_an_empty_prefix_lists_everything(tmp_path: Path) -> None:
    assert len(mirror(tmp_path).list("")) == 3


def test_a_month_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert mirror(tmp_path).list("us_stocks_sip/day_aggs_v1/1999/01/") == []


def test_a_missing_directory_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone is no directory \(TBP_FLAT_FILES_URL, s3.yml: url\)"):
        LocalMirror(tmp_path / "gone").list("")


def test_stat_tells_size_and_time(tmp_path: Path) -> None:
    source = mirror(tmp_path)
    os.utime(tmp_path / KEY, ns=(0, 1_704_297_600_000_000_000))
    file = source.stat(KEY)
    assert (file.key, file.bytes, file.last_modified) == (KEY, len(CONTENT), datetime(2024, 1, 3, 16, tzinfo=UTC))


def test_a_download_is_the_files_bytes_and_what_stat_says(tmp_path: Path) -> None:
    source, target = mirror(tmp_path), io.BytesIO()
    assert source.download(KEY, target) == source.stat(KEY)
    assert target.getvalue() == CONTENT


def test_a_replaced_file_has_another_etag(tmp_path: Path) -> None:
    source = mirror(tmp_path)
    before = source.stat(KEY).etag
    assert source.stat(KEY).etag == before
    (tmp_path / KEY).write_bytes(CONTENT[:-1])
    assert source.stat(KEY).etag != before


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    message = f"{tmp_path.as_uri()}/nowhere.csv.gz is not there"
    with pytest.raises(FileAbsentError, match=message):
        mirror(tmp_path).stat("nowhere.csv.gz")
    with pytest.raises(FileAbsentError, match=message):
        mirror(tmp_path).download("nowhere.csv.gz", io.BytesIO())


def test_a_file_where_a_directory_should_be_is_an_absent_file(tmp_path: Path) -> None:
    (tmp_path / "us_stocks_sip").write_bytes(b"")
    with pytest.raises(FileAbsentError):
        LocalMirror(tmp_path).stat(KEY)


def test_a_directory_where_a_file_should_be_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / KEY).mkdir(parents=True)
    with pytest.raises(SourceUnavailableError, match="cannot be read: Is a directory"):
        LocalMirror(tmp_path).download(KEY, io.BytesIO())


@contextmanager
def open_to_all() -> Generator[Path]:
    """Give a directory that anybody may look into; pytest's own are closed to nobody."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_nobody(ask: Callable[[str], object], key: str) -> object:
    """Ask without being root, who may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        return ask(key)
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read_is_never_an_absent_one() -> None:
    with open_to_all() as root:
        (root / "key").write_bytes(b"")
        (root / "key").chmod(0)
        with pytest.raises(NotEntitledError, match=r"key may not be read"):
            as_nobody(lambda key: LocalMirror(root).download(key, io.BytesIO()), "key")


def test_a_file_in_a_closed_directory_is_never_an_absent_one() -> None:
    with open_to_all() as root:
        (root / "closed").mkdir(mode=0)
        with pytest.raises(NotEntitledError, match=r"closed/key may not be read"):
            as_nobody(LocalMirror(root).stat, "closed/key")


def test_a_month_that_may_not_be_read_is_never_one_without_files() -> None:
    # It listed as empty: every day of the month was reported as not published by the provider.
    with open_to_all() as root:
        closed = write_mirror(root, {TUESDAY: CONTENT}) / US_STOCKS_DAY_AGGS.month_prefix(TUESDAY)
        closed.chmod(0)
        with pytest.raises(CredentialsError, match=rf"{closed.name}/? may not be read: .*TBP_FLAT_FILES_URL"):
            as_nobody(LocalMirror(root).list, US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))


def test_a_month_whose_files_may_not_be_looked_at_is_never_one_without_files() -> None:
    with open_to_all() as root:
        closed = write_mirror(root, {TUESDAY: CONTENT}) / US_STOCKS_DAY_AGGS.month_prefix(TUESDAY)
        closed.chmod(0o444)
        with pytest.raises(NotEntitledError, match=r"2024-01-02.csv.gz may not be read"):
            as_nobody(LocalMirror(root).list, US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))


def test_a_link_that_leads_nowhere_is_not_listed(tmp_path: Path) -> None:
    source = mirror(tmp_path)
    (tmp_path / US_STOCKS_DAY_AGGS.key(THURSDAY)).symlink_to(tmp_path / "gone")
    assert len(source.list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_a_disk_that_is_full_is_not_the_sources_fault(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as target, pytest.raises(OSError, match="No space left on device"):
        mirror(tmp_path).download(KEY, target)


def test_a_mirror_says_where_it_is_and_whose(tmp_path: Path) -> None:
    source = LocalMirror(tmp_path / "a mirror")
    assert source.location == f"{tmp_path.as_uri()}/a%20mirror"
    assert source.data_source == "polygon"


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the vendor's real day files are not at {REAL_DATA}")
def test_the_real_mirror_lists_its_four_days() -> None:
    listed = LocalMirror(REAL_DATA).list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))
    assert [US_STOCKS_DAY_AGGS.day_of(file.key) for file in listed] == [TUESDAY.replace(day=n) for n in (2, 3, 4, 5)]
