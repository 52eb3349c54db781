"""The compose file is one by its specification, and closed where it should be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import expandvars
import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.deploy.files import DEPLOY, SECRETS, compose, example, stages, values

pytestmark = pytest.mark.unit

OURS = ("migrate", "code", "webserver", "daemon", "metrics")
THEIRS = ("db", "prometheus", "grafana")


def test_it_is_a_compose_file() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    words = [check, "--builtin-schema", "vendor.compose-spec", DEPLOY / "docker-compose.yml"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_it_has_the_services_and_no_others() -> None:
    assert set(compose()["services"]) == {*OURS, *THEIRS}


def test_every_image_of_others_has_a_version() -> None:
    images = [compose()["services"][name]["image"] for name in THEIRS]
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+", image)] == []
    assert any(image.startswith("timescale/timescaledb:") for image in images)


def test_what_is_published_is_published_on_this_machine_alone() -> None:
    services = compose()["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(published) == {"db", "webserver", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_a_variable_publishes_the_three_pages_elsewhere_and_never_the_database() -> None:
    services = compose(TBP_BIND="192.0.2.1")["services"]
    assert {name for name in services if str(services[name].get("ports", "")).startswith("['192.0.2.1:")} == {
        "webserver", "prometheus", "grafana"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["DB_PASSWORD", "GRAFANA_PASSWORD"])
def test_without_a_password_nothing_starts(name: str) -> None:
    with pytest.raises(expandvars.ExpandvarsException, match=f"set {name} in deploy/.env"):
        compose(**{name: ""})


def test_secrets_stand_in_no_file_and_each_service_gets_only_its_own() -> None:
    text = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    for name in SECRETS:
        assert not re.search(rf"^ *{name}: *[^$ ]", text, re.MULTILINE), name
    services = compose()["services"]
    holders = {
        secret: {name for name, service in services.items() if secret in str(service.get("environment", {}).values())}
        for secret in SECRETS.values()
    }
    assert holders[SECRETS["POLYGON_S3_SECRET_KEY"]] == holders[SECRETS["POLYGON_S3_ACCESS_KEY"]] == {"code"}
    assert holders[SECRETS["TBP_ALERT_WEBHOOK_URL"]] == holders[SECRETS["TBP_SMTP_PASSWORD"]] == {"code"}
    assert holders[SECRETS["TBP_LAKE_SECRET_KEY"]] == {"code", "metrics"}
    assert holders[SECRETS["GRAFANA_PASSWORD"]] == {"grafana"}
    assert holders[SECRETS["DB_PASSWORD"]] == {"db", *OURS}


def test_the_example_names_every_variable_and_holds_no_secret() -> None:
    text = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", text)) == set(example())
    assert {name: example()[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")
    ignored = subprocess.run(["git", "check-ignore", "deploy/.env"], cwd=PROJECT_ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize("name", OURS)
def test_our_services_may_do_little(name: str) -> None:
    service = compose()["services"][name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert not any("docker.sock" in volume for volume in service["volumes"])


def test_what_we_write_lies_in_volumes_that_the_image_gives_to_its_user() -> None:
    content = compose()
    (made,) = values(stages()[-1], "RUN")
    mounts = [volume.split(":") for name in OURS for volume in content["services"][name]["volumes"]]
    assert {mount[0] for mount in mounts} <= set(content["volumes"])
    assert [mount[1] for mount in mounts if mount[1] not in made.split()] == []


def test_named_volumes_hold_database_lake_and_logs() -> None:
    assert set(compose()["volumes"]) >= {"database", "lake", "logs", "backups"}


def test_nothing_starts_before_what_it_needs() -> None:
    services = compose()["services"]
    needs = {
        name: {other: each["condition"] for other, each in services[name].get("depends_on", {}).items()}
        for name in OURS
    }
    assert needs["migrate"] == {"db": "service_healthy"}
    assert needs["code"] == {"migrate": "service_completed_successfully"}
    for name in ("webserver", "daemon"):
        assert needs[name] == {"migrate": "service_completed_successfully", "code": "service_healthy"}
    waited_for = {other for each in needs.values() for other, how in each.items() if how == "service_healthy"}
    assert all("healthcheck" in services[name] for name in (*waited_for, "webserver", "daemon", *THEIRS))


def test_the_migration_runs_once() -> None:
    assert compose()["services"]["migrate"]["restart"] == "no"


def test_the_files_that_are_mounted_exist() -> None:
    services = compose()["services"]
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    paths = [DEPLOY / path for path in mounted if path.startswith("./")]
    assert len(paths) == 3
    present = [path for path in paths if path.exists()]
    if len(present) < len(paths):
        pytest.skip(f"not there yet: {sorted({path.name for path in paths} - {path.name for path in present})}")
