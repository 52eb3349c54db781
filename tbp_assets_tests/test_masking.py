"""A secret is hidden however it is written; words that are no secrets are left alone."""

from __future__ import annotations

import html
import json
import pickle
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from pydantic import SecretStr

from tbp_assets.errors import CredentialsError, TbpError
from tbp_assets.masking import masked, remember, remember_environment
from tbp_assets.settings.models import ConfigModel
from tbp_assets.storage.database import DatabaseAddress

pytestmark = pytest.mark.unit

SECRET = 'q7/ü+K&y9"x\\T<w3é'
HOOK = "https://hooks.example.com/services/T0AAABBB/Zk3mPq8vRt5wXy2b?token=9f8e7d6c5b4a3210"


@pytest.fixture(autouse=True)
def known() -> None:
    remember(SECRET)
    remember(HOOK)


@pytest.mark.parametrize(
    "written",
    [
        SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET),
        re.sub("%..", lambda escape: escape[0].lower(), quote(SECRET, safe="")),
        json.dumps(SECRET)[1:-1], json.dumps(SECRET, ensure_ascii=False)[1:-1], html.escape(SECRET), repr(SECRET)[1:-1],
    ],
)  # fmt: skip
def test_a_secret_is_hidden_however_it_is_written(written: str) -> None:
    assert masked(f"before {written} after") == "before *** after"


@pytest.mark.parametrize("around", [("", ""), ("u:", ""), ("us:", ":x"), ("use:", "yz")])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_secret_inside_base64_is_hidden_wherever_it_begins(
    around: tuple[str, str], encode: Callable[[bytes], bytes]
) -> None:
    text = encode(f"{around[0]}{SECRET}{around[1]}".encode()).decode()
    left = masked(text).split("***")
    assert len(left) == 2, left
    assert sum(map(len, left)) <= 14


def test_the_parts_of_a_secret_url_are_hidden_without_its_host() -> None:
    said = "HTTPSConnectionPool(host='hooks.example.com'): url: /services/T0AAABBB/Zk3mPq8vRt5wXy2b?x=9f8e7d6c5b4a3210"
    assert masked(said) == "HTTPSConnectionPool(host='hooks.example.com'): url: /services/T0AAABBB/***?x=***"
    assert masked(f"POST {HOOK} failed") == "POST *** failed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://me:abc@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("host=db password=abc user=me", "host=db password=*** user=me"),
        ("DB_PASSWORD='abc'", "DB_PASSWORD='***'"),
        ("https://x/y?apiKey=abc&X-Amz-Signature=0f&a=1", "https://x/y?apiKey=***&X-Amz-Signature=***&a=1"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        (
            "'Authorization': 'AWS4-HMAC-SHA256 Credential=AKIA/2024, Signature=0f'",
            "'Authorization': 'AWS4-HMAC-SHA256 ***, Signature=***'",
        ),
        (r'{"text": "{\"secret_key\": \"abc\"}"}', r'{"text": "{\"secret_key\": \"***\"}"}'),
        ("AWSAccessKeyId=AKIA&x=1", "AWSAccessKeyId=***&x=1"),
    ],
)
def test_what_stands_in_the_place_of_a_secret_is_hidden_without_being_known(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "access_key: the variable POLYGON_S3_ACCESS_KEY is not set",
        "config/database.yml: password: '${DB_PASSWORD}x' needs a variable that is not set",
        "postgresql://tbp@127.0.0.1:5432/market_data (schema market_data)",
        'password authentication failed for user "tbp" (DB_USER, DB_PASSWORD, database.yml)',
        "2024-01-02 loaded, 12 rows of universe configured (12 inserted)",
        "s3://flatfiles at https://files.massive.com",
    ],
)  # fmt: skip
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("word", ["dagster", "postgres", "market_data", "20240102", "s3cr3t", ""])
def test_a_secret_that_could_be_any_word_is_hidden_in_its_place_alone(word: str) -> None:
    remember(word)
    text = f'{{"{word}/partition": "postgresql://u@h/{word}"}}'
    assert masked(text) == text
    if word:
        assert masked(f"password={word}") == "password=***"


def test_an_error_of_the_project_never_holds_a_secret_and_survives_a_pickle() -> None:
    error = CredentialsError(f"refused {SECRET}")
    assert str(error) == repr(error.args[0])[1:-1] == "refused ***"
    copied: TbpError = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied)) == (CredentialsError, "refused ***")


def test_secrets_of_settings_addresses_and_variables_are_known_from_the_start() -> None:
    class Config(ConfigModel):
        hook: SecretStr | None = None
        url: str = ""

    class Outer(ConfigModel):
        inner: Config

    Outer.model_validate({"inner": {"hook": "of-a-nested-model-1"}})
    Outer.model_validate({"inner": {"url": "http://me:of/a-login-4444@h:1/x"}})
    DatabaseAddress("h", 1, "n", "u", SecretStr("of-an-address-22"), "s")
    remember_environment({"MY_API_KEY": "of-a-variable-333", "MY_NAME": "a-long-harmless-name"})
    said = masked("of-a-nested-model-1 of-an-address-22 of-a-variable-333 of/a-login-4444@h a-long-harmless-name")
    assert said == "*** *** *** ***@h a-long-harmless-name"


def test_neither_settings_nor_addresses_show_a_secret() -> None:
    address = DatabaseAddress("h", 1, "n", "u", SecretStr(SECRET), "s")
    assert SECRET not in f"{address!r} {address} {address.url()!r} {address.url()}"
