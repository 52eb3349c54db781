"""A bucket of day files in another process, which checks who asks, and whose log tells every request it got."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast
from urllib.request import Request, urlopen

import boto3

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.providers.conftest import free_port

NAME = "flatfiles"
ADMINISTRATOR = {"aws_access_key_id": "root", "aws_secret_access_key": "root", "region_name": "us-east-1"}
REQUEST = re.compile(r'"([A-Z]+) (\S+) HTTP/1\.1" (\d+)')


@dataclass(frozen=True)
class Bucket:
    """A running server.

    Attributes:
        endpoint: Its address.
        log: File that it writes a line into for each request.
        keys: The variables with a reader's keys.
    """

    endpoint: str
    log: Path
    keys: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which a command uses the bucket."""
        return {"TBP_FLAT_FILES_URL": f"s3://{NAME}", "TBP_S3_ENDPOINT_URL": self.endpoint, **self.keys}

    def asked(self) -> list[tuple[str, str]]:
        """Return kind (LIST, GET, HEAD, …) and object of every request to the bucket since `forget`."""
        found: list[tuple[str, str]] = []
        for method, path, _status in REQUEST.findall(self.log.read_text(encoding="utf-8")):
            if path.startswith(f"/{NAME}"):
                kind = "LIST" if "list-type=2" in path else method
                found.append((kind, path.removeprefix(f"/{NAME}").split("?")[0].lstrip("/")))
        return found

    def forget(self) -> None:
        """Forget the requests so far."""
        os.truncate(self.log, 0)


@contextmanager
def bucket_of(files: Mapping[date, bytes], directory: Path, *, without: date | None = None) -> Generator[Bucket]:
    """Run a server that holds day files, and end it.

    Args:
        files: Content of the bucket.
        directory: Where the log goes.
        without: A day that the reader may list and not get.
    """
    log, port = directory / "requests.log", free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("ab") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            endpoint = f"http://127.0.0.1:{port}"
            assert wait_until(lambda: process.poll() is not None or _answers(endpoint), 60)
            keys = _filled(endpoint, files, without)
            # From here on who asks is checked: signature, key, policy.
            plain = {"Content-Type": "text/plain"}
            urlopen(Request(f"{endpoint}/moto-api/reset-auth", b"0", plain, method="POST")).close()
            bucket = Bucket(endpoint, log, keys)
            bucket.forget()
            yield bucket
        finally:
            process.kill()


def _answers(endpoint: str) -> bool:
    try:
        urlopen(f"{endpoint}/moto-api/data.json", timeout=1).close()
    except OSError:
        return False
    return True


def _filled(endpoint: str, files: Mapping[date, bytes], without: date | None) -> dict[str, str]:
    s3, iam = _client("s3", endpoint), _client("iam", endpoint)
    s3.create_bucket(Bucket=NAME)
    for day, content in files.items():
        s3.put_object(Bucket=NAME, Key=US_STOCKS_DAY_AGGS.key(day), Body=content)
    statements = [{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}]
    if without:
        key = f"arn:aws:s3:::{NAME}/{US_STOCKS_DAY_AGGS.key(without)}"
        statements.append({"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": key})
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    made = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"POLYGON_S3_ACCESS_KEY": made["AccessKeyId"], "POLYGON_S3_SECRET_KEY": made["SecretAccessKey"]}


def _client(service: str, endpoint: str) -> Any:
    return cast("Any", boto3).client(service, endpoint_url=endpoint, **ADMINISTRATOR)
