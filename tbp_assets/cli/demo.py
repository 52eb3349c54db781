"""`tbp demo`: two weeks of the synthetic market through the whole graph into the embedded database."""

import os
from datetime import date

from tbp_assets.cli.backfill import run_backfill
from tbp_assets.cli.backfill_plan import days_of, plan_backfill
from tbp_assets.cli.backfill_report import show_report
from tbp_assets.cli.output import err, out, print_json
from tbp_assets.cli.session import Session
from tbp_assets.config_loader import load_settings
from tbp_assets.errors import ConfigError

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 12)
MARKET = "synthetic://market?seed=7&tickers=10400"

NEXT_STEPS = {
    "make up": "Dagster's UI on http://localhost:3000",
    f"TBP_FLAT_FILES_URL='{MARKET}' make up": "the UI with the invented market as its source, to materialize more days",
    f".venv/bin/tbp status --from {FIRST} --to {LAST}": "the state of each day",
    f".venv/bin/tbp report --to {LAST} --open": "how good the data is, as a page for the browser",
    ".venv/bin/tbp query \"SELECT * FROM market_data_raw WHERE ticker = 'AAPL'\"": "the bars",
}


def demo(*, as_json: bool = False) -> int:
    """Run the command and return its exit code.

    Raises:
        ConfigError: A real database is configured, or production.
    """
    if not os.environ.get("TBP_FLAT_FILES_URL", "").startswith("synthetic:"):
        os.environ["TBP_FLAT_FILES_URL"] = MARKET
    load_settings.cache_clear()
    session = Session.start()
    if not session.settings.s3.url.startswith("synthetic:"):
        raise ConfigError(
            "s3.yml no longer takes its url from TBP_FLAT_FILES_URL, so the demo cannot use the synthetic market"
        )
    (err if as_json else out).print(session.route, markup=False)
    days = days_of(session, FIRST, LAST)
    plan = plan_backfill(session, days, session.settings.universe, force=True)
    report = run_backfill(session, days, plan, [])
    if as_json:
        print_json(report.as_json())
        return report.exit_code
    show_report(report)
    out.print(session.route)
    out.print("\nThese bars are invented (data_source = 'synthetic'). From here:")
    for command, purpose in NEXT_STEPS.items():
        out.print(f"  {command}\n      {purpose}")
    return report.exit_code
