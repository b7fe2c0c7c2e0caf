"""Pictures of every page at 1440 and 900 px, light and dark: `make pictures` puts them into docs/pictures.

    python -m tests.pages.pictures WORKSPACE docs/pictures

The workspace holds a finished demo; the pictures are what a browser shows of it, whole pages, in 256 colours."""

import argparse
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from stat_engine import Workspace, views
from tests.pages.browsing import CHROMIUM, FLAGS, served, settled

TITLES = {
    "overview": "Overview", "run_stages": "Run stages", "difficult_questions": "Difficult questions",
    "skill_labels": "Skill labels", "missing_skill_profile": "Missing-Skill-Profile",
    "training_sets": "Training sets", "training": "Training", "compare": "Compare",
    "studies": "Studies", "skills_and_data": "Skills and data", "jobs": "Jobs", "settings": "Settings",
}  # fmt: skip
WIDTHS, THEMES = (1440, 900), ("light", "dark")
TALLEST = 3600
"""Pixels; a longer page is cut there."""


def addresses(workspace: Path) -> dict[str, str]:
    """Page -> what follows its address, so that the picture shows something opened."""
    table = views.difficult.questions(Workspace(workspace).run_folder("demo"))
    hardest = str(table[table.is_difficult].question_id.iloc[0])
    return dict.fromkeys(TITLES, "?run=demo") | {
        "difficult_questions": f"?run=demo&question={hardest}",
        "overview": "?run=demo",
    }


def take(page: Any, width: int) -> Image.Image:
    """The whole page as it stands, at this width."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(400)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(height, 700), TALLEST)})
    page.wait_for_timeout(900)
    return in_256_colours(Image.open(BytesIO(page.screenshot())).convert("RGB"))


def in_256_colours(picture: Image.Image) -> Image.Image:
    """Half of the colours are the commonest as they are, so that no ground is tinted; the others are chosen by
    what they cover in the cube, because by area a dot in a chart would lose its own."""
    pixels = np.asarray(picture).astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    packed, places, n = np.unique(pixels, return_inverse=True, return_counts=True)
    colours = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1).astype(np.int32)
    covering = picture.quantize(128, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = np.concatenate(
        [colours[np.argsort(-n)[:128]], np.array(covering[: 3 * 128], np.int32).reshape(-1, 3)]
    )
    # Pillow's own way to a palette's nearest colour is off by a few levels
    nearest = np.array([np.square(palette - colour).sum(axis=1).argmin() for colour in colours])
    found = Image.fromarray(nearest[places].reshape(pixels.shape).astype(np.uint8), mode="P")
    found.putpalette(palette.astype(np.uint8).tobytes())
    return found


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("target", type=Path)
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)
    opened = addresses(asked.workspace)
    with served(asked.workspace) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme in THEMES:
            page = browser.new_context(
                color_scheme=theme, viewport={"width": 1440, "height": 1000}
            ).new_page()
            for name, title in TITLES.items():
                page.goto(f"{address}/{'' if name == 'overview' else name}{opened[name]}")
                settled(page, title)
                page.wait_for_timeout(1500)  # charts draw themselves in
                for width in WIDTHS:
                    take(page, width).save(asked.target / f"{name}-{width}-{theme}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
