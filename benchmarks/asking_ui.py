"""What the UI asks for the pages of an asset's partitions and checks, as its own source has it (Dagster 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from tbp_assets_tests.end_to_end.ui import ASSETS, Ui

MEASURED = (*ASSETS, "data_quality_metrics")
# usePartitionHealthData.tsx: the bar of partitions.
CELLS = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { id
    partitionKeysByDimension { name type partitionKeys }
    assetPartitionStatuses { ... on TimePartitionStatuses {
    ranges { status startTime endTime startKey endKey } } } } } }"""
# AssetBaseDataProvider.tsx: what a node of the graph shows, with every check's partitions.
NODE = """query($k: [AssetKeyInput!]!) { assetNodes(assetKeys: $k, loadMaterializations: true) { id opNames
    assetMaterializations(limit: 1) { timestamp runId stepKey } assetObservations(limit: 1) { timestamp runId stepKey }
    assetChecksOrError { ... on AssetChecks { checks { name canExecuteIndividually
        executionForLatestMaterialization { id runId status timestamp stepKey evaluation { severity } }
        partitionDefinition { name description }
        partitionStatuses { ... on AssetCheckTimePartitionStatuses { ranges { startKey endKey status } } } } } }
    partitionStats { numMaterialized numMaterializing numPartitions numFailed } }
    assetsLatestInfo(assetKeys: $k) { id unstartedRunIds inProgressRunIds
        latestRun { id status startTime endTime } } }"""
# useAssetCheckPartitionData.tsx: the partitions of one check.
CHECK_NAMES = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { assetChecksOrError {
    ... on AssetChecks { checks { name } } } } } }"""
CHECK = """query($k: AssetKeyInput!, $c: String!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { id
    assetCheckOrError(checkName: $c) { ... on AssetCheck { name
        partitionKeysByDimension { name type partitionKeys }
        partitionStatuses { ... on AssetCheckTimePartitionStatuses { ranges { startKey endKey status } } } } } } } }"""
# AssetPartitionDetail.tsx: a day that is clicked.
DAY = """query($k: AssetKeyInput!, $p: String!) { assetOrError(assetKey: $k) { ... on Asset { id
    definition { id opNames latestRunForPartition(partition: $p) { id status endTime } }
    assetEventHistory(partitions: [$p], limit: 1000,
        eventTypeSelectors: [MATERIALIZATION, OBSERVATION, FAILED_TO_MATERIALIZE]) { results {
            ... on MaterializationEvent { runId timestamp metadataEntries { label description } } } } } } }"""
STALE = """query($k: AssetKeyInput!, $p: String!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { id
    staleStatus(partition: $p) staleCauses(partition: $p) { key { path } reason category } } } }"""

Ask = Callable[[], object]


def questions(ui: Ui, asset: str, day: date) -> Mapping[str, list[Ask]]:
    """Return what each page of an asset asks."""
    key = {"path": [asset]}
    found = ui.ask(CHECK_NAMES, k=key)["assetNodeOrError"]["assetChecksOrError"]["checks"]
    return {
        "partitions": [lambda: ui.ask(CELLS, k=key)],
        "node with its checks": [lambda: ui.ask(NODE, k=[key])],
        "partitions of each check": [lambda name=each["name"]: ui.ask(CHECK, k=key, c=name) for each in found],
        "a day": [lambda: ui.ask(DAY, k=key, p=str(day)), lambda: ui.ask(STALE, k=key, p=str(day))],
    }
