"""The verbs of the trials, each with arguments that fit the trials' workspace, and bad inputs for them.

`{label}`, `{question}`, `{pair}` and `{files}` stand for a response with a label, a validation question, an
example of the set stat-sel, and the folder of files to import."""

from itertools import product

WRITERS = (
    "new made", "fork small made difficulty.tau1=0.8", "note small text", "tag small one two",
    "set small difficulty.tau1=0.8", "settings budget=5 reviewers=[Ada]",
    "settings servers.lab.base_url=http://127.0.0.1:9/v1 servers.lab.api_key_env=LAB_KEY",
    "run half --until responses", "run half --until step_rewards", "run half --until profile",
    "label accept small {label} --author ada", "label accept small --status pending --author ada",
    "label discard small {label} --author ada", "label edit small {label} --none --author ada",
    "label note small {label} text --author ada", "label import small {files}/labels.jsonl --author ada",
    "verdict small {question} 0 correct", "build small --method stat-sel --name made --pairs 20",
    "build small --method uniform --name made --pairs 20", "allocation small --pairs 20 --out {files}/out.json",
    "examples drop small own {pair}", "examples edit small own {pair} --solution text",
    "examples copy small stat-sel made", "train small --set random --seed 1", "evaluate small --arm random",
    "split numeracy --validation 40 --from test --seed 1", "skills export numeracy --out {files}/out.json",
    "skills import {files}/skills.json --dataset numeracy --note again", "skills restore numeracy 1",
    "import questions {files}/questions.jsonl --dataset made", "import skill-map {files}/map.jsonl --dataset numeracy",
    "import responses {files}/responses.jsonl --run half", "import training-set {files}/set.jsonl --run small --name made",
    "export small stat-sel --format trl --out {files}/out.jsonl", "export-steps reviewed --out {files}/out.jsonl",
    "report small --out {files}/out.html", "label export small --out {files}/out.jsonl",
    "round small --arm random --name made", "clean --whole-run half",
)  # fmt: skip
READERS = (
    "runs", "status small", "warnings small", "cost small", "rounds small", "show small", "settings",
    "difficult small", "questions small", "question small {question}", "disagreements small", "verdicts small",
    "profile small", "profile small --misfit", "agreement small", "label list small",
    "label history small {label}", "build small --method stat-sel --dry-run", "allocation small",
    "dropped small --set stat-sel", "leakage small stat-sel", "examples list small stat-sel",
    "examples show small stat-sel {pair}", "compare small", "power small", "gains small",
    "flips small --arm random", "studies", "audit-skill-map numeracy", "skills versions numeracy", "jobs list",
    "disk", "doctor", "verify", "run small --dry-run", "diff small half", "presets", "clean",
)  # fmt: skip

_NAMES = (
    "../out", "a/b", "/tmp/out", "..", ".", "", " ", "-", "a b", "x" * 300, "a\nb", "a\tb", "é", "a:b", "a\\b", "~",
    "$(x)", "a;b", "*", "\x1b[31m",
)  # fmt: skip
_NAMED = (
    "new {}", "fork small {}", "status {}", "profile {}", "build small --method stat-sel --name {} --pairs 5",
    "examples list small {}", "examples copy small stat-sel {}", "leakage small {}", "train small --set {}",
    "import questions FILES/questions.jsonl --dataset {}", "round small --arm random --name {}",
    "skills versions {}", "split {} --validation 10", "jobs log {}", "diff small {}",
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
)  # fmt: skip
_NUMBERS = ("-5", "nan", "text", "1e400", "1.5", "")
_NUMBERED = (
    "questions small --limit {}", "label list small --limit {}", "build small --method stat-sel --name made --pairs {}",
    "split numeracy --from test --validation {}", "train small --set random --seed {}", "power small --questions {}",
)  # fmt: skip


def bad_inputs() -> list[list[str]]:
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
    return found


def _is_fine(key: str, value: str) -> bool:
    """A value that this setting may have."""
    return (key, value) in {("arms", "[]"), ("seeds", "[]"), ("training_set.pairs", "null")} or (
        key == "dataset" and value in ("nan", "inf", "text", "true", "null")
    )
