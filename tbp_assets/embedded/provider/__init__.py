"""A fake provider: the bucket of day files over the real S3 protocol, with every fault a provider can have, on demand.

For tests and for demonstrations of faults, never a source of data. moto, which is S3 here, is a development dependency;
nothing is imported or started before `FakeProvider.start()`.
"""

from tbp_assets.embedded.provider.faults import Fault, FaultKind, Method
from tbp_assets.embedded.provider.provider import FakeProvider
from tbp_assets.embedded.provider.recording import Request

__all__ = ["FakeProvider", "Fault", "FaultKind", "Method", "Request"]
