"""What an unknown setting may mean: the field of that name, a synonym's field, or the nearest spelling.

Where several sections have the field, all of them are named."""

import difflib
import re
from collections.abc import Sequence

SYNONYMS = {
    "accumulation": "accumulation_steps gradient_accumulation gradient_accumulation_steps grad_accum",
    "alpha": "lora_alpha",
    "answers_per_question": "answers n_answers",
    "api_key_env": "api_key key token",
    "base_url": "url endpoint api_base openai_api_base host",
    "batch_size": "batch bs per_device_train_batch_size train_batch_size micro_batch_size",
    "benchmarks": "benchmark",
    "dropout": "lora_dropout",
    "epochs": "epoch n_epochs num_epochs num_train_epochs",
    "gradient_checkpointing": "checkpointing",
    "learning_rate": "lr peak_lr",
    "max_grad_norm": "clip grad_clip max_norm gradient_clipping",
    "max_length": "max_seq_length max_seq_len cutoff_len seq_len",
    "max_tokens": "max_new_tokens max_completion_tokens n_tokens",
    "model": "model_name model_name_or_path model_path checkpoint",
    "n_samples": "samples num_samples k n num_return_sequences",
    "pairs": "n_pairs n size set_size examples n_examples",
    "pool_dataset": "pool",
    "rank": "lora_r lora_rank r",
    "reward_model": "prm rm verifier",
    "rollouts": "group_size num_generations",
    "seeds": "random_seed random_state",
    "sft": "lora fine_tuning finetuning train training",
    "evaluation": "eval",
    "training_set": "set training training_data",
    "target_modules": "lora_target lora_target_modules",
    "tau1": "threshold thresholds tau tau_1",
    "tau2": "threshold thresholds tau tau_2",
    "threads": "n_threads num_threads",
    "top_p": "nucleus",
    "warmup": "warmup_ratio warmup_steps",
    "weight_decay": "decay wd",
}
"""Our field or section -> names that other tools and people give it."""
MOST = 4
"""Settings that a hint names."""


def meant(path: str, known: Sequence[str]) -> list[str]:
    """The known settings that an unknown dotted name may mean, likeliest first; empty: none is near."""
    section, _, last = path.rpartition(".")
    whole = [key for key in known if _plain(key) == _plain(path)]
    if whole:
        return whole
    within = [key for key in known if section and key.startswith(f"{section}.")]
    for keys in (within, list(known)):
        found = _named(last, keys)
        if found:
            return found[:MOST]
    return difflib.get_close_matches(path, known, 1, 0.7)


def _named(last: str, keys: Sequence[str]) -> list[str]:
    """Keys whose last part is the name, a synonym of it, or the nearest to it; the shortest paths of them."""
    by_last: dict[str, list[str]] = {}
    for key in keys:
        by_last.setdefault(key.rpartition(".")[2], []).append(key)
    low = re.sub(r"[\s-]", "_", last.lower())
    synonyms = [ours for ours, theirs in SYNONYMS.items() if low in theirs.split() and ours in by_last]
    names = [low] if low in by_last else synonyms or difflib.get_close_matches(low, by_last, 1, 0.7)
    found = [key for name in names for key in by_last[name]]
    fewest = min((key.count(".") for key in found), default=0)
    return [key for key in found if key.count(".") == fewest]


def _plain(path: str) -> str:
    return re.sub(r"[\s._-]", "", path.lower())
