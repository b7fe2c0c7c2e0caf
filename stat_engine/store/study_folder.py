"""A study on disk: its card. Its results stand in the runs that it names, and are read from there."""

from typing import Any

from stat_engine.errors import NotThereYet, StatError
from stat_engine.store.files import read_json, safe_name, write_json
from stat_engine.store.workspace import WorkspaceFolder


class StudyFolder:
    """`studies/<name>/study.json`: kind, the run studied, design, and its variants with their runs."""

    def __init__(self, workspace: WorkspaceFolder, name: str) -> None:
        self.workspace = workspace
        self.name = safe_name(name, "study")
        self.folder = workspace.root / "studies" / self.name

    @property
    def card(self) -> dict[str, Any] | None:
        """The card, also one from before there were references and reinforced arms; None without a study."""
        card = read_json(self.folder / "study.json")
        if card is None:
            return None
        variants = [{**variant, "reinforced": variant.get("reinforced", [])} for variant in card["variants"]]
        return {**card, "reference": card.get("reference"), "variants": variants}

    def need(self) -> dict[str, Any]:
        """The card; raises NotThereYet naming the studies there are."""
        card = self.card
        if card is None:
            there = ", ".join(study_names(self.workspace)) or "none yet"
            raise NotThereYet(
                f"no study {self.name} in {self.workspace.root} (there: {there}); make one with: "
                "stat-studio study KIND RUN"
            )
        return card

    def begin(self, card: dict[str, Any]) -> None:
        """Keep a new study's card, or go on with the one there.

        A card of another design that has no run yet gives way. Raises StatError where another study has the
        name, or a run of the names it needs is there already."""
        there = self.card
        if there == card:
            return
        runs = set(self.workspace.run_names())
        if there is not None and runs.intersection(one["run"] for one in there["variants"]):
            raise StatError(
                f"study {self.name} is there with another design; give this one a name of its own: --name"
            )
        taken = runs.intersection(one["run"] for one in card["variants"])
        if taken:
            raise StatError(
                f"study {self.name}: run {min(taken)} is there already and is none of its own; choose "
                "another name: --name"
            )
        write_json(self.folder / "study.json", card)


def study_names(workspace: WorkspaceFolder) -> list[str]:
    """Names of the workspace's studies, sorted."""
    return sorted(path.parent.name for path in workspace.root.glob("studies/*/study.json"))
