"""From SftConfig to the arguments of TRL, peft and bitsandbytes."""

from pathlib import Path
from typing import Any

from stat_engine.config import SftConfig


def trainer_arguments(config: SftConfig, seed: int, folder: Path, name: str) -> Any:
    """TRL's SFTConfig; checkpoints go to `folder`, and other tools see the training under `name`.

    `warmup_steps` below 1 is a fraction of the steps (transformers 5)."""
    import torch
    from trl import SFTConfig as TrlConfig

    has_gpu = torch.cuda.is_available()
    together = {"ddp_backend": "gloo"} if config.processes > 1 and not has_gpu else {}
    quantised = {"optim": "paged_adamw_8bit"} if config.method == "qlora" else {}
    arguments = TrlConfig(
        output_dir=str(folder),
        run_name=name,
        seed=seed,
        data_seed=seed,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        max_length=config.max_length,
        packing=config.packing,
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        bf16=has_gpu,
        use_cpu=not has_gpu,
        gradient_checkpointing=config.gradient_checkpointing,
        logging_steps=1,  # a mean over several would lose a part where training is taken up
        logging_nan_inf_filter=False,  # it would put a mean in the place of a loss that is no number
        save_strategy="epoch",
        save_total_limit=1,
        report_to=list(config.report_to),
        disable_tqdm=True,
        dataloader_pin_memory=has_gpu,
        ddp_find_unused_parameters=False,
        **quantised,
        **together,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # else each batch is spread over all cards; sft.processes says how many
    return arguments


def lora(config: SftConfig) -> Any:
    """peft's LoraConfig over attention and MLP projections: every linear layer but the output's."""
    from peft import LoraConfig

    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def quantisation(config: SftConfig) -> Any | None:
    """bitsandbytes' 4-bit weights as QLoRA has them (Dettmers et al., arXiv 2305.14314, sections 3 and 4);
    None for `lora`."""
    if config.method != "qlora":
        return None
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
