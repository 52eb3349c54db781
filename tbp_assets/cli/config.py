"""`tbp config check`: are the four files and the environment enough for what was chosen?"""

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.config_loader import ConfigLoader, load_settings
from tbp_assets.resources.stand_ins import refuse_stand_ins


def check(*, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    settings = load_settings()
    refuse_stand_ins(settings)
    loader = ConfigLoader(settings.config_dir)
    missing, tickers, groups = loader.missing_environment(), loader.get_all_tickers(), loader.get_ticker_groups()
    if as_json:
        instruments = [ticker.model_dump(mode="json") for ticker in tickers]
        print_json({"ok": not missing, "missing": missing, "instruments": instruments, "groups": groups})
        return 1 if missing else 0
    columns = ["symbol", "name", "sector", "class", "priority", "valid from", "formerly"]
    rows = [
        [t.symbol, t.name, t.sector, t.asset_class, t.priority, t.valid_from or "",
         ", ".join(f"{former.symbol} until {former.until}" for former in t.formerly)]
        for t in tickers
    ]  # fmt: skip
    out.print(table(columns, rows))
    for name, symbols in groups.items():
        out.print(f"{name}: {' '.join(symbols)}")
    out.print(f"universe: {settings.universe.name} ({settings.universe.hash})")
    for sentence in missing:
        err.print(f"[red]missing[/] {sentence}")
    out.print("configuration is complete" if not missing else "configuration is not complete")
    return 1 if missing else 0
