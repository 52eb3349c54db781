"""Disks and memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tbp_assets.health.disk import lake, landing_zone, server_disk
from tbp_assets.health.memory import container, memory
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
PLACES = {"landing": landing_zone, "lake": lake}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_can_be_written_to_is_ok_and_left_as_it_was(project: Project, name: str) -> None:
    told(found(PLACES[name], installation(project)), "ok", "GB free", str(project.store / name))
    assert not project.store.exists()
    (project.store / "incoming").mkdir(parents=True)
    told(found(PLACES[name], installation(project)), "ok")
    assert list(project.store.rglob("*")) == [project.store / "incoming"]


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [("landing", "landing"), ("landing", "landing/polygon"), ("lake", "lake"), ("lake", "lake/polygon/us_stocks_sip"),
     ("lake", "incoming"), ("landing", "incoming")],
)  # fmt: skip
def test_a_file_in_place_of_a_directory_fails(project: Project, name: str, obstacle: str) -> None:
    path = project.store / obstacle
    path.parent.mkdir(parents=True)
    path.touch()
    told(found(PLACES[name], installation(project)), "failed", "cannot be written to: Not a directory", str(path))


def test_an_obstacle_of_the_lake_is_none_of_the_landing_zone(project: Project) -> None:
    project.store.mkdir()
    (project.store / "lake").touch()
    told(found(landing_zone, installation(project)), "ok")


def test_a_file_system_that_is_read_only_fails(project: Project) -> None:
    told(
        found(lake, installation(project, TBP_LAKE_URL="file:///proc/tbp")), "failed", "/proc/tbp: cannot be written to"
    )


def test_min_free_gb_is_the_room_that_must_be_left(project: Project) -> None:
    project.database()
    for look in (landing_zone, lake, server_disk):
        told(found(look, installation(project)), "ok", "GB free")
    project.change("pipeline.yml", "min_free_gb: 1 ", "min_free_gb: 10000000 ")
    for look in (landing_zone, lake, server_disk):
        told(found(look, installation(project)), "failed", "GB free", "health.min_free_gb of pipeline.yml is 1e+07")


def test_nothing_is_known_of_another_servers_disk(project: Project) -> None:
    assert server_disk(installation(project, DB_HOST="db", DB_USER="a", DB_PASSWORD="b")) is None
    assert server_disk(installation(project, DB_HOST="", TBP_HOME=str(project.root / "home"))) is None


def test_max_memory_share_is_how_much_memory_may_be_in_use(project: Project) -> None:
    told(found(memory, installation(project)), "ok", "GB available")
    project.change("pipeline.yml", "max_memory_share: 0.9 ", "max_memory_share: 0.0001 ")
    told(found(memory, installation(project)), "failed", "GB available", "health.max_memory_share", "0.0001")


def cgroup(directory: Path, limit: str, current: int, cached: int = 0) -> Path:
    files = {"memory.max": limit, "memory.current": str(current), "memory.stat": f"anon 7\ninactive_file {cached}\n"}
    for name, content in files.items():
        (directory / name).write_text(f"{content}\n", encoding="utf-8")
    return directory


def test_a_container_without_a_limit_is_the_machine(tmp_path: Path) -> None:
    assert container(tmp_path) is None
    assert container(cgroup(tmp_path, "max", 5)) is None


def test_a_container_gives_pages_of_files_back(tmp_path: Path) -> None:
    assert container(cgroup(tmp_path, "1000", 900, cached=300)) == (1000, 400)


def test_a_container_that_is_nearly_full_fails_on_an_idle_machine(project: Project) -> None:
    full = cgroup(project.root, "2000000000", 1_990_000_000)
    told(memory(installation(project), full), "failed", "100% of 2.0 GB in use, 0.0 GB available")
    told(memory(installation(project), cgroup(project.root, "2000000000", 100)), "ok")
