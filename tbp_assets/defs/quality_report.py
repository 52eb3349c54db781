"""The asset quality_report: one HTML file of all that is known of the data's quality."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from tbp_assets.bars.sessions import exchange_date
from tbp_assets.defs.shared import (
    DATA_QUALITY_METRICS,
    GROUP,
    MARKET_DATA_RAW,
    OWNERS,
    QUALITY_REPORT,
    Plan,
    code_versions,
)
from tbp_assets.errors import TbpError
from tbp_assets.reports.contents import ReportContents
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failures import INTERRUPTS, as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.reporting import report_source
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.ledger import loaded_span

KEY = "reports/quality_report.html"


def build_quality_report(plan: Plan) -> dg.AssetsDefinition:
    """Build the asset."""

    @dg.asset(
        key=QUALITY_REPORT,
        deps=[DATA_QUALITY_METRICS, MARKET_DATA_RAW],
        retry_policy=plan.retry_policy,
        code_version=code_versions(plan)[QUALITY_REPORT],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"html", "altair"},
    )
    def quality_report(
        context: dg.AssetExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> dg.MaterializeResult[Any]:
        """A page of all that is known of the data's quality, from the first day ever loaded until now, as one file.

        Grain: one file, replaced whole. Source: the facts of every day, data_quality_metrics, data_quality_flags,
        load_ledger and failed_downloads. Coverage map, score, rejections by reason, day states, worst days and tickers
        with their rows, restatements and load speed; every table as CSV. `tbp report` writes it for any range.
        """
        from tbp_assets.reports.page import render  # noqa: PLC0415  # half a second of altair, for the report alone

        try:
            contents = _contents(plan, database, flat_files.data_source)
            files, page = store.reports(plan.settings.home), render(contents).encode()
            files.write(KEY, page)
        except (TbpError, *INTERRUPTS) as error:
            raise as_failure(error) from error
        context.log.info("%s: %s bytes", files.address(KEY), len(page))
        return dg.MaterializeResult(metadata=_metadata(contents, files.address(KEY), len(page)))

    return quality_report


def _contents(plan: Plan, database: DatabaseResource, data_source: str) -> ReportContents:
    opened, newest = database.open(), exchange_date(datetime.now(UTC)) - timedelta(days=1)
    with opened.transaction(read_only=True) as connection:
        known = loaded_span(connection, plan.dataset, data_source)
    first = min([newest, *known])
    return report_source(plan.settings, plan.dataset, opened, data_source).contents(first, newest)


def _metadata(contents: ReportContents, path: str, size: int) -> dict[str, dg.MetadataValue]:
    from tbp_assets.reports.picture import key_picture, summary  # noqa: PLC0415  # see above

    picture = b64encode(key_picture(contents)).decode()
    page = f"![coverage and score](data:image/png;base64,{picture})\n\n{summary(contents)}"
    metadata: dict[str, dg.MetadataValue] = {
        line.label.lower(): dg.MetadataValue.text(f"{line.value}: {line.explanation}") for line in contents.headlines
    }
    return metadata | {
        "summary with picture": dg.MetadataValue.md(page),
        "trading dates": dg.MetadataValue.text(f"{contents.first} to {contents.last}"),
        "file": dg.PathMetadataValue(path),
        "bytes": dg.MetadataValue.int(size),
    }
