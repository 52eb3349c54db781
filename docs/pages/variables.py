"""The environment variables that are not substituted in config/: by reader, then by name, what each means."""

from __future__ import annotations

from typing import Final

Readers = dict[str, dict[str, str]]

# Those that may stand in .env, beside those of config/.
DOTENV: Final[Readers] = {
    "`tbp_assets/config_loader/loader.py`": {
        "TBP_CONFIG_DIR": "directory of the four files; else config/ of the project",
    },
    "boto3, for a lake on S3": {
        "AWS_ACCESS_KEY_ID": "a key of AWS's own chain, where the lake has none of its own",
        "AWS_SECRET_ACCESS_KEY": "goes with AWS_ACCESS_KEY_ID",
        "AWS_SESSION_TOKEN": "goes with a key that is lent for a time",
        "AWS_PROFILE": "the profile of ~/.aws/config and ~/.aws/credentials to take",
        "AWS_DEFAULT_REGION": "region of the lake, where TBP_LAKE_REGION is empty",
        "AWS_ENDPOINT_URL_S3": "endpoint of the lake, where TBP_LAKE_ENDPOINT_URL is empty",
    },
    "Python's `ssl`": {
        "SSL_CERT_FILE": "certificates that mail servers and webhooks are trusted by, instead of the system's",
    },
}

OTHERS: Final[dict[str, Readers]] = {
    "Set in the environment alone": {
        "`tbp_assets/settings/__init__.py`": {
            "TBP_PROJECT": (
                "directory of .env, config/, dagster.yaml and workspace.yaml, for a package installed from a wheel; "
                "else the checkout. In .env it has no effect, since that is looked for there"
            ),
        },
        "`tbp_assets/embedded/postgres/instance.py`": {
            "XDG_DATA_HOME": (
                "where the embedded server keeps its data if TBP_HOME lies on a file system without Unix permissions "
                "and tbp does not run as root; else ~/.local/share"
            ),
        },
        "`tbp_assets/embedded/postgres/guard.py`": {
            "PYTHONPATH": "handed on to the guard of the embedded server",
        },
    },
    "Set by `tbp` for Dagster": {
        "Dagster": {
            "DAGSTER_HOME": "directory of dagster.yaml: the project, whatever was set before",
            "DAGSTER_EVENT_BATCH_SIZE": "events of a run that are stored at once: 500",
        },
        "`dagster.yaml`": {
            "TBP_DAGSTER_URL": "database and schema of Dagster's runs and events; a secret",
            "TBP_DAGSTER_DIR": "dagster/ in TBP_HOME: what steps print",
        },
        "Python": {
            "PYTHONWARNINGS": "keeps a warning about `dagster dev`, which `tbp up` starts, off the screen",
        },
    },
    "Of the containers": {
        "`deploy/docker-compose.yml`": {
            "TBP_VERSION": "tag of the image; else local",
            "TBP_UI_HOSTS": "names under which the UI is reached beside localhost, separated by commas; else none",
            "TBP_BIND": "address that UI, Prometheus and Grafana are published on; else 127.0.0.1",
            "TBP_UI_PORT": "port of the UI on the host; else 3000",
            "TBP_PROMETHEUS_PORT": "port of Prometheus on the host; else 9090",
            "TBP_GRAFANA_PORT": "port of Grafana on the host; else 3001",
            "DB_PORT_ON_HOST": "port of the database on the host's 127.0.0.1; else 5432",
            "GRAFANA_PASSWORD": "password of Grafana's administrator; needed",
        },
        "`deploy/workspace.yaml`": {
            "TBP_CODE_HOST": "where UI and daemon find the code server; the compose file sets it",
            "TBP_CODE_PORT": "its port; the compose file sets it",
        },
        "`deploy/grafana/provisioning/datasources/prometheus.yml`": {
            "PROMETHEUS_URL": "where Grafana finds Prometheus; the compose file sets it",
        },
    },
    "Of `make` and the tests": {
        "`Makefile`": {
            "PYTHON": "interpreter that .venv is made with; else python3",
            "PORT": "port of `make up`; else 3000",
            "PYTEST": "further arguments of `make test`",
            "BENCH": "arguments of `make bench`",
        },
        "`tbp_assets_tests/storage/test_timescale.py`": {
            "TBP_TEST_TIMESCALE_URL": "a server with TimescaleDB; without it the tests that need one are skipped",
        },
        "`tbp_assets_tests/reports/browser.py`": {
            "TBP_TEST_BROWSER": "the Chromium that tests of the report start; else the first on the path",
            "TBP_REQUIRE_BROWSER": "1: without a browser these tests fail instead of being skipped",
        },
        "`tbp_assets_tests/faults/book.py`": {
            "TBP_FAULTS_REPORT": "file that the tests of faults write what happened to; `make faults` sets it",
        },
    },
}
