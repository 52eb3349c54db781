"""No day file fills disk or memory: an endless download, a gzip bomb and one of empty lines are all refused in time."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from pathlib import Path
from typing import BinaryIO

import pytest

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.facts import Listed
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import PUBLISHED, SOURCE, landing_zone, names_in, sending

pytestmark = pytest.mark.unit

SMALL = Limits(megabytes=1, lines=100)
BOMB_GIGABYTES = 1.2
LANDED_IN_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from tbp_assets_tests.day_files import TUESDAY
from tbp_assets_tests.storage.days import SOURCE, landing_zone, sending
from tbp_assets_tests.bars.judging import validated_content

bomb = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(landing_zone(Path(sys.argv[2])).land(TUESDAY, sending(bomb), SOURCE).cause)
landed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(validated_content(bomb, 2).fact.cause)
parsed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((landed - before) // 1024, (parsed - before) // 1024)
"""


def small_zone(root: Path) -> LandingZone:
    return LandingZone(LocalFiles(root), landing_zone(root).dataset, "polygon", SMALL)


def files(root: Path) -> list[str]:
    return names_in(LocalFiles(root))


def bomb() -> bytes:
    """Return a gzip file of a good header and gigabytes of zeros."""
    packer, megabyte = zlib.compressobj(1, wbits=31), bytes(1_000_000)
    pieces = [packer.compress(f"{HEADER}\n".encode())]
    pieces += [packer.compress(megabyte) for _ in range(int(BOMB_GIGABYTES * 1000))]
    return b"".join([*pieces, packer.flush()])


def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(bomb())
    command = [sys.executable, "-c", LANDED_IN_LITTLE_MEMORY, str(tmp_path / "bomb"), str(tmp_path / "home")]
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, timeout=120)
    landed, parsed, used = answer.stdout.splitlines()
    too_large = f"the decompressed file is larger than {LIMITS.megabytes} MB (pipeline.yml: validation.max_file_mb)"
    assert landed == f"{SOURCE}: {too_large}"
    assert parsed.endswith(too_large)
    to_land, to_parse = map(int, used.split())
    assert to_land < 50
    assert to_parse < 3 * LIMITS.megabytes
    assert files(tmp_path / "home") == ["2024-01-02.json"]


def test_a_bomb_of_empty_lines_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(HEADER.encode() + b"\n" * 200)
    fact = small_zone(tmp_path).land(TUESDAY, sending(content), SOURCE)
    assert (fact.status, fact.file) == ("unusable", None)
    assert fact.cause == f"{SOURCE}: more than 100 lines (pipeline.yml: validation.max_lines)"


@pytest.mark.parametrize("announced", [None, 10**15, 3])
def test_a_download_that_never_ends_is_ended(tmp_path: Path, announced: int | None) -> None:
    sent = 0

    def download(stream: BinaryIO) -> Listed:
        nonlocal sent
        while True:
            sent += 100_000
            stream.writelines([bytes(50_000), bytes(50_000)])
        return Listed("key", "v1", announced, PUBLISHED)

    fact = small_zone(tmp_path).land(TUESDAY, download, SOURCE)
    assert (fact.status, fact.cause) == (
        "unusable", f"{SOURCE}: the file is larger than 1 MB (pipeline.yml: validation.max_file_mb)"
    )  # fmt: skip
    assert sent < 1_200_000
    assert files(tmp_path) == ["2024-01-02.json"]


def test_a_file_within_the_limits_lands_whole(tmp_path: Path) -> None:
    content = day_file(good_rows(TUESDAY, [f"T{n}" for n in range(99)]))
    fact = small_zone(tmp_path).land(TUESDAY, sending(content), SOURCE)
    assert fact.file is not None
    assert (fact.status, fact.file.lines, fact.file.bytes) == ("landed", 100, len(content))


def test_a_first_line_without_end_is_no_header(tmp_path: Path) -> None:
    content = gzip.compress(b"x" * 20_000_000)
    fact = landing_zone(tmp_path).land(TUESDAY, sending(content), SOURCE)
    assert fact.cause == f"{SOURCE}: the first line is no header of us_stocks_day_aggs: {b'x' * 80!r}"
