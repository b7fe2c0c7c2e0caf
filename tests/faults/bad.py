"""Bad inputs for the verbs, all of which must be refused."""

from itertools import product

_NAMES = (
    "../out", "a/b", "/tmp/out", "..", ".", "", " ", "-", "a b", "x" * 300, "a\nb", "a\tb", "é", "a:b", "a\\b", "~",
    "$(x)", "a;b", "*", "\x1b[31m",
)  # fmt: skip
_NAMED = (
    "new {}", "fork small {}", "status {}", "profile {}", "build small --method stat-sel --name {} --pairs 5",
    "examples list small {}", "examples copy small stat-sel {}", "leakage small {}", "train small --set {}",
    "import questions FILES/questions.jsonl --dataset {}", "round small --arm random --name {}",
    "skills versions {}", "split {} --validation 10", "jobs log {}", "diff small {}", "note {} text", "tag {} one",
    "run {}", "grpo small --start {}", "grpo small --start base --arm {}", "evaluate small --arm {}",
    "try small --question 1+1? --arm {}", "compare small --reference {}", "gains small --benchmark {}",
    "flips small --arm {}", "study set-size small --name {}", "studies {}", "study-report {} --to FILES/out",
    "export small {} --out FILES/out.jsonl", "export-model small --to FILES/out --arm {}", "jobs stop {}",
    "jobs resume {}", "jobs events {}", "clean --whole-run {}", "verify {}", "new made --dataset {}", "import hub gsm8k --split test --file FILES/gsm8k.jsonl --dataset {}", "cost {}", "dropped small --set {}",
    "import lm-eval FILES/samples.jsonl --run other --dataset {}", "import training-set FILES/set.jsonl --run small --name {}",
    "import inspect FILES/inspect.json --dataset made --run {}", "new made --preset {}", "audit-skill-map {}",
)  # fmt: skip
_VALUES = (
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "true",
    "[]",
    "{}",
    "text",
    "null",
    "99999999999999999999999",
    "''",
)
_SETTINGS = (
    "difficulty.tau1", "student.n_samples", "student.max_tokens", "student.batch_size", "student.seed",
    "training_set.pairs", "sft.epochs", "sft.learning_rate", "dataset", "teacher.backend", "arms", "seeds",
    "evaluation.batch_size",
)  # fmt: skip
_FILES = (
    "missing",
    "empty",
    "folder",
    "binary",
    "cut.jsonl",
    "list.jsonl",
    "numbers.jsonl",
    "twice.jsonl",
    "nul.jsonl",
)
_IMPORTS = (
    "import questions {} --dataset made", "import skill-map {} --dataset numeracy", "import responses {} --run half",
    "import step-rewards {} --run small", "import training-set {} --run small --name made",
    "label import small {} --author ada", "import lm-eval {} --dataset made --run other",
    "import inspect {} --dataset made --run other", "skills import {} --dataset numeracy", "new made --config {}",
    "import hub gsm8k --split test --dataset made --file {}", "build small --method stat-sel --name made --allocation-file {}",
)  # fmt: skip
_NUMBERS = ("-5", "nan", "text", "1e400", "1.5", "")
_NUMBERED = (
    "questions small --limit {}", "label list small --limit {}", "build small --method stat-sel --name made --pairs {}",
    "split numeracy --from test --validation {}", "train small --set random --seed {}", "power small --questions {}",
    "verdict small QUESTION {} correct --author ada", "skills restore numeracy {}", "leakage small stat-sel --top {}",
    "numeracy pretrain --out FILES/out --steps {}", "clean --jobs --days {}", "flips small --arm random --limit {}",
)  # fmt: skip


FINE = (["new", "made", "--config", "FILES/empty"], ["clean", "--jobs", "--days", "1.5"])
"""What the products hold although it is no bad input: a file of settings may name none, days have parts."""


def inputs() -> list[list[str]]:
    """Arguments of verbs that must all be refused."""
    found = [[part.replace("{}", name) for part in verb.split(" ")] for verb, name in product(_NAMED, _NAMES)]
    found += [
        ["set", "small", f"{key}={value}"]
        for key, value in product(_SETTINGS, _VALUES)
        if not _is_fine(key, value)
    ]
    found += [
        [part.replace("{}", f"FILES/{file}") for part in verb.split(" ")]
        for verb, file in product(_IMPORTS, _FILES)
    ]
    found += [[part.replace("{}", n) for part in verb.split(" ")] for verb, n in product(_NUMBERED, _NUMBERS)]
    return [one for one in found if one not in FINE]


def _is_fine(key: str, value: str) -> bool:
    """A value that this setting may have."""
    return (key, value) in {("arms", "[]"), ("seeds", "[]"), ("training_set.pairs", "null")} or (
        key == "dataset" and value in ("nan", "inf", "text", "true", "null")
    )
