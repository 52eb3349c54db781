"""docs/data-dictionary.md: tables from the database's own catalogue, fields of files from code, its prose as it is."""

from __future__ import annotations

from pathlib import Path

from pages.catalogue import Catalogue, Column, Function, Table, read_catalogue
from pages.fields import fields_of
from pages.markdown import table, with_table
from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import Approval, DayFinding, LakeFact, LandedFile, LandingFact, StoredFrame, WholeDay

PAGE = Path(__file__).parents[1] / "data-dictionary.md"
LOADER = "the asset `market_data_raw`, in the transaction that loads the day"
MEASURER = "the asset `data_quality_metrics`, in the transaction that measures the day"
TELLER = "the sensor `alerts` and `tbp alerts`"
WRITTEN_BY = {
    "market_data_raw": LOADER,
    "market_data_revisions": LOADER,
    "load_ledger": LOADER,
    "failed_downloads": (
        "the assets `raw_day_file` and `market_data_raw` where a day fails, the load that repairs it, and the schedule "
        "`daily_bars`, which forgets repaired ones (`retry.keep_resolved_days`)"
    ),
    "data_quality_metrics": MEASURER,
    "data_quality_flags": MEASURER,
    "data_quality_days": MEASURER,
    "alerts_sent": TELLER,
    "alert_channels": TELLER,
    "tbp_schema_version": "`tbp migrate`; of the embedded database, whoever opens it first",
}
# What a quant reads first.
ORDER = list(WRITTEN_BY)
ORDERED_OTHERWISE = {"market_data_raw": " (in this order on a plain table, [see above](#what-holds-for-all-of-them))"}
FIELDS = {
    "fields of a landing manifest": (LandingFact, LandedFile),
    "fields of a lake manifest": (LakeFact, StoredFrame, WholeDay, DayFinding),
    "fields of requests.jsonl": (Request,),
    "fields of validations.jsonl": (Validation,),
    "fields of approvals.jsonl": (Approval,),
}


def page() -> str:
    """Return docs/data-dictionary.md as it is, with what the database and the code say of themselves."""
    written = with_table(PAGE.read_text(encoding="utf-8"), "tables and functions", of_schema(read_catalogue()))
    for part, (kind, *parts) in FIELDS.items():
        tables = [fields_of(kind), *(f"Its {each.__name__}:\n\n{fields_of(each)}" for each in parts)]
        written = with_table(written, part, "\n\n".join(tables))
    return written


def of_schema(catalogue: Catalogue) -> str:
    """Return every table and function of a schema."""
    if unknown := [each.name for each in catalogue.tables if each.name not in WRITTEN_BY]:
        raise ValueError(f"{__file__}: WRITTEN_BY does not say who writes {', '.join(unknown)}")
    tables = sorted(catalogue.tables, key=lambda each: ORDER.index(each.name))
    return "\n\n".join([*map(_of_table, tables), "### Functions", _of_functions(catalogue.functions)])


def _of_table(found: Table) -> str:
    key = ", ".join(f"`{name}`" for name in found.key)
    facts = [f"Key: {key}{ORDERED_OTHERWISE.get(found.name, '')}."] if key else []
    facts.append(f"Written by {WRITTEN_BY[found.name]}.")
    rows = [(f"`{each.name}`", each.type, "yes" if each.nullable else "no", _meaning(each)) for each in found.columns]
    return "\n\n".join(
        [f"### {found.name}", found.comment, " ".join(facts), table(("column", "type", "null", "meaning"), rows)]
    )


def _meaning(column: Column) -> str:
    return f"{column.comment} {column.default}".strip()


def _of_functions(functions: tuple[Function, ...]) -> str:
    rows = [(f"`{each.name}({each.arguments})`", f"`{each.result}`", each.comment) for each in functions]
    return table(("function", "returns", "meaning"), rows)
