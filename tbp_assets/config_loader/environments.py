"""config/environments/<name>.yml: what ENVIRONMENT changes in the four files, one file an environment.

Its first keys are the names of the four files. A file of its own, rather than a section of pipeline.yml, can change all
four, is read beside the others' and copied to another machine alone, and leaves the four as they are without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tbp_assets.config_loader import yaml_files
from tbp_assets.config_loader.sources import Sources
from tbp_assets.errors import ConfigError

FILES: Final = ("instruments", "pipeline", "s3", "database")
ALWAYS_KNOWN: Final = ("development", "production")
DIRECTORY: Final = "environments"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an environment changes.

    Attributes:
        file: Name of the file, for people; empty where the environment has none.
        sections: By name of the file that is changed.
    """

    file: str = ""
    sections: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def merged(self, section: str, content: dict[str, Any], sources: Sources) -> Any:
        """Return one of the four files with its overrides in it."""
        if section not in self.sections:
            return content
        sources.override_file, sources.section = self.file, section
        return sources.merge(content, self.sections[section])


def known_environments(config_dir: Path) -> list[str]:
    """Return the names that ENVIRONMENT may have: the usual two, and every file's."""
    found = {path.stem for ending in yaml_files.ENDINGS for path in (config_dir / DIRECTORY).glob(f"*{ending}")}
    return [*ALWAYS_KNOWN, *sorted(found.difference(ALWAYS_KNOWN))]


def read_overrides(config_dir: Path, environment: str) -> Overrides:
    """Read what an environment changes.

    Raises:
        ConfigError: The environment is unknown; its file cannot be read, or changes something that is none of the four.
    """
    known = known_environments(config_dir)
    if environment not in known:
        raise ConfigError(
            f"{config_dir.name}/pipeline.yml: environment: {environment!r} is unknown: there are {', '.join(known)} "
            f"(ENVIRONMENT; a file {config_dir.name}/{DIRECTORY}/{environment}.yml would make it known)"
        )
    path = yaml_files.find(config_dir / DIRECTORY, environment)
    if path is None or not (sections := yaml_files.read(path, may_be_empty=True)):
        return Overrides()
    file = f"{config_dir.name}/{DIRECTORY}/{path.name}"
    for section, content in sections.items():
        _refuse(file, section, content)
    return Overrides(file, sections)


def _refuse(file: str, section: str, content: object) -> None:
    if section not in FILES:
        raise ConfigError(f"{file}: {section}: unknown key; the first keys are {', '.join(FILES)}")
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: {section}: must hold keys and values of {section}.yml")
    if section == "pipeline" and "environment" in content:
        raise ConfigError(f"{file}: pipeline.environment: it chose this file, so it cannot be changed by it")
