"""Does the provider answer, and does it accept our key?"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from tbp_assets.bars.sessions import exchange_date
from tbp_assets.errors import CredentialsError, RefusedError, TbpError
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.health.questions import NotLookedAtError
from tbp_assets.providers.flat_files import Folders
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.providers.s3 import S3FlatFiles

SOURCE = "source"
MENDED = "set POLYGON_S3_ACCESS_KEY and POLYGON_S3_SECRET_KEY to the keys of the provider's dashboard (S3 access)"


def source(installation: Installation) -> Finding:
    """List the files of this month, as the sensor does."""
    began, today = time.monotonic(), exchange_date(datetime.now(UTC))
    files = installation.files()
    try:
        listed = files.list(installation.dataset.month_prefix(today))
    except CredentialsError as error:
        return Finding(SOURCE, "failed", str(error), MENDED)
    except RefusedError as error:
        # Its message says what helps.
        return Finding(SOURCE, "failed", str(error))
    except TbpError as error:
        todo = "see TBP_FLAT_FILES_URL and TBP_S3_ENDPOINT_URL, the network, and the provider's status page"
        return Finding(SOURCE, "failed", str(error), todo)
    took = f"{1000 * (time.monotonic() - began):.0f} ms"
    return Finding(SOURCE, "ok", f"{files.location} listed {len(listed)} files of {today:%Y-%m} in {took}")


def folders_of(installation: Installation) -> Folders | None:
    """Return the source where it can be looked around in, or None where it is the invented market.

    Raises:
        NotLookedAtError: It cannot be opened.
    """
    try:
        files = installation.files()
    except TbpError as error:
        raise NotLookedAtError("the source cannot be asked") from error
    return files if isinstance(files, S3FlatFiles | LocalMirror) else None
