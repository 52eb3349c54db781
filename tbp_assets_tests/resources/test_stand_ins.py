"""No silent stand-ins: invented data never meets a real database, and production never a stand-in."""

from __future__ import annotations

import pytest

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.errors import ConfigError
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.unit

REAL_DATABASE = {"DB_HOST": "db.example", "DB_USER": "trader", "DB_PASSWORD": "word"}
PRODUCTION = {"ENVIRONMENT": "production"}
MARKETS = ["synthetic://market", "synthetic:market", "SYNTHETIC://market?seed=7", " synthetic://market", "Synthetic:"]


def settings(url: str, **environment: str) -> Settings:
    return ConfigLoader(PROJECT_ROOT / "config", {"TBP_FLAT_FILES_URL": url, **environment}).load()


def refusal(settings_: Settings) -> str:
    with pytest.raises(ConfigError) as caught:
        refuse_stand_ins(settings_)
    return str(caught.value)


@pytest.mark.parametrize("url", MARKETS)
def test_the_invented_market_never_meets_a_real_database(url: str) -> None:
    # Capitals in the address once went round the refusal.
    message = refusal(settings(url, **REAL_DATABASE))
    assert message.startswith("the synthetic market only fills the embedded database, not db.example")
    assert "unset DB_HOST" in message


@pytest.mark.parametrize("url", MARKETS)
def test_production_refuses_the_invented_market(url: str) -> None:
    assert refusal(settings(url, **PRODUCTION)).startswith("ENVIRONMENT=production refuses the synthetic market")


@pytest.mark.parametrize("url", ["s3://flatfiles", "file:///mirror", ""])
def test_production_refuses_the_embedded_database(url: str) -> None:
    message = refusal(settings(url, **PRODUCTION))
    assert message == "ENVIRONMENT=production refuses the embedded database: set DB_HOST, DB_USER and DB_PASSWORD"


@pytest.mark.parametrize("url", ["s3://flatfiles", "file:///mirror", "file:///synthetic:market", ""])
def test_production_with_real_parts_is_let_through(url: str) -> None:
    refuse_stand_ins(settings(url, **PRODUCTION, **REAL_DATABASE))


@pytest.mark.parametrize("url", ["s3://flatfiles", "file:///mirror", "synthetic://market", ""])
def test_development_may_use_the_embedded_database(url: str) -> None:
    refuse_stand_ins(settings(url))
