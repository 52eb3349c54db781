"""The Markdown pages: their commands as a person types them, their headings, links and the paths they name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.warm.launcher import search_path

PAGES = sorted([*PROJECT_ROOT.glob("*.md"), *PROJECT_ROOT.glob("docs/**/*.md")])
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    """Return the text of a page, named from the project's root."""
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, in the page's order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """Return the lines of the blocks marked `sh`, which run as they stand."""
    return [line for block in blocks(text, "sh") for line in block.splitlines()]


def run_in_order(typed: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Run commands as a person types them, each of which must succeed, and return what each printed."""
    said: dict[str, str] = {}
    for command in typed:
        ran = subprocess.run(
            command,
            shell=True,
            cwd=PROJECT_ROOT,
            env={**environment, "PATH": search_path()},
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        said[command] = ran.stdout
    return said


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} (.+?) *#*$", FENCED.sub("", text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    return {f"{slug}-{again}" if again else slug for slug, times in found.items() for again in range(times + 1)}


def links(text: str) -> list[tuple[str, str]]:
    """Return the links within the project: the file, empty for the page itself, and the anchor, empty for none."""
    outside = FENCED.sub("", text)
    return [(file, anchor) for file, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", outside) if "://" not in file]


def named_paths(text: str) -> list[str]:
    """Return what stands in backticks and looks like a path of the repository; of a pattern, its directory."""
    rooted = r"`((?:\.github|benchmarks|config|deploy|docs|tbp_assets|tbp_assets_tests)/[^`\s]*)`"
    return [re.sub(r"[^/]*[*<{…].*", "", path) for path in re.findall(rooted, FENCED.sub("", text))]
