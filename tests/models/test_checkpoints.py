import shutil
from pathlib import Path

from stat_engine.models.checkpoints import identity


def test_folders_beside_the_weights_are_other_things(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "downloaded"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "original").mkdir()
    (folder / "original" / "params.json").write_text("{}")
    assert identity(str(folder)) == identity(str(tiny_checkpoint))
