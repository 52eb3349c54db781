"""What each check says of itself: when it passes, how bad it is when it does not, and what to do then.

The one source of the descriptions in the UI and of docs/checks.md. The checks themselves are in `checks` (of each day)
and `standing_checks` (of all days together).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class CheckText:
    """The words of a check.

    Attributes:
        passes: When it passes.
        cure: What to do when it does not; DAY stands for the day it names.
        severity: Of its failure: `error`, or the key of pipeline.yml that sets it.
    """

    passes: str
    cure: str
    severity: str = ERROR

    @property
    def description(self) -> str:
        """What the UI shows."""
        return f"{self.passes}\n\nWhen it fails: {self.cure}"


DAILY_CHECKS: Final[Mapping[str, CheckText]] = {
    "day_file_is_whole": CheckText(
        "The provider's file is landed whole (length, gzip CRC, header), or none was expected.",
        "Its message names the state of the day. A file that is late, missing or did not arrive whole is asked for "
        "again by itself; `tbp failures` says why it failed and when it is asked for next, `tbp backfill DAY DAY` asks "
        "now. not_entitled: the provider's key may not read that day. What was landed before stays.",
    ),
    "bars_match_schema": CheckText(
        "Every stored bar has the right types and keeps every rule, re-read from the Parquet on disk.",
        "A file of the lake is damaged or gone: `tbp backfill DAY DAY --force` judges the landed file again. Where the "
        "day was withheld or refused, nothing of it is loaded: `tbp quarantine show --from DAY --to DAY` lists the "
        "rejected rows. If they are bad, the provider has to mend its file, which is then loaded by itself; if they "
        "are good, change validation.max_rejected_share and run the day again.",
    ),
    "day_is_plausible": CheckText(
        "As a whole the day is of this market: every statistic lies inside its band (validation.whole_day).",
        "It warns where a statistic is worth a look; the day is loaded. It fails where the day is held: nothing of it "
        "is loaded and what stood before stays. `tbp held` says why, `tbp restatements --preview --from DAY --to DAY` "
        'what would change. If the file is right, `tbp approve DAY --reason "..."` lets exactly it in; otherwise the '
        "provider's next file is judged anew.",
        "validation.whole_day",
    ),
    "every_row_accounted_for": CheckText(
        "Lines of the file less the header = accepted + quarantined; accepted = loaded + outside the universe.",
        "Its message gives both sides of the sum. A day that is not loaded, or was loaded from another file than the "
        "lake holds, is brought in by `tbp backfill DAY DAY`; files of the lake that hold other counts than their "
        "manifest are written again by `tbp backfill DAY DAY --force`. A refused file waits for the provider's next.",
    ),
    "database_matches_lake": CheckText(
        "Every bar of the universe is in the database with the lake's values, bit for bit.",
        "Its tables show the rows that are absent, foreign or different. Somebody else wrote to the table, or the day "
        "was not loaded: `tbp backfill DAY DAY --force` brings the lake's rows back and keeps what stood there in "
        "market_data_revisions. Rows of a day that has no file are nobody's: delete them. Where a restated file was "
        "withheld or refused, the bars of the older one stay, and it passes once the provider has mended the file.",
    ),
    "metrics_match_books": CheckText(
        "The metrics in the database add up to the lines of the file and to the lake's books.",
        "`tbp backfill DAY DAY --force` validates and measures the day again. Metrics of a day that has no file were "
        "written by somebody else: delete them.",
    ),
    "score_reaches_target": CheckText(
        "The day and every ticker of the universe have the score of quality.score_target.",
        "`tbp quarantine show --from DAY --to DAY` lists the rejected rows, with the line of the vendor's file and the "
        "rule each breaks. The bars that were accepted are loaded all the same. Tell the provider, or wait for its "
        "correction: a restated file is loaded by itself.",
        "quality.score_severity",
    ),
    "no_bar_flagged": CheckText(
        "No bar of the universe carries a flag of severity warn or error (quality.flags).",
        "`tbp quality flags --from DAY --to DAY` lists what was flagged. No bar was dropped: look at each before it is "
        "traded on. A flag that says too much gets another limit or severity in quality.flags.",
        "quality.flags",
    ),
    "universe_is_covered": CheckText(
        "As many listed tickers have a bar that day as quality.coverage_target asks for.",
        "Its message names the tickers without a bar. `tbp quarantine show --from DAY --to DAY --ticker TICKER` shows "
        "whether its row was rejected. Otherwise the file has none: a ticker that was renamed gets `formerly` in "
        "instruments.yml, one that is no longer traded leaves that file; its bars stay.",
        "quality.coverage_severity",
    ),
}

STANDING_CHECKS: Final[Mapping[str, CheckText]] = {
    "latest_session_present": CheckText(
        "The newest session whose file is due has bars in the database.",
        "`tbp backfill DAY DAY` asks for it. `tbp doctor` says whether the provider can be reached and whether daemon, "
        "schedule and sensor work, which should have asked.",
    ),
    "failed_days_are_repaired": CheckText(
        "No day that was asked for is still failed, missing or rejected.",
        "`tbp failures` says why each failed and whether it is asked for again by itself, `tbp backfill FIRST LAST` "
        "asks now. A session that did not take place belongs into schedule.closures.",
    ),
    "coverage_reaches_target": CheckText(
        "Every ticker has bars on as many of the sessions expected of it as quality.coverage_target asks for.",
        "`tbp report` maps which tickers lack which days. Days that nobody has are brought in by "
        "`tbp backfill FIRST LAST`; a ticker that was renamed gets `formerly` in instruments.yml, one that is no "
        "longer traded leaves that file.",
        "quality.coverage_severity",
    ),
}
