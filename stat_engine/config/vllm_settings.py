"""Settings of vLLM's engine by vLLM's own names: which there are, and which a run may not give.

They are read from the source of the vLLM that is installed here, without importing it, which would load
torch; else from a list of the version below."""

import ast
import difflib
import importlib.util
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERSION = "0.32.0"
"""Of the list NAMES."""
NAMES = _names(
    """
    additional_config aggregate_engine_logging all2all_backend allow_deprecated_quantization
    async_scheduling attention_backend attention_config aux_output_config block_size code_revision
    collect_detailed_traces compilation_config config_format cp_kv_cache_interleave_size
    cpu_distributed_timeout_seconds cpu_offload_gb cpu_offload_params cudagraph_capture_sizes
    cudagraph_metrics custom_histogram_buckets data_parallel_address data_parallel_backend
    data_parallel_external_lb data_parallel_hybrid_lb data_parallel_multi_port_external_lb
    data_parallel_rank data_parallel_rpc_port data_parallel_size data_parallel_size_local
    data_parallel_start_rank dbo_decode_token_threshold dbo_prefill_token_threshold dcp_comm_backend
    dcp_kv_cache_interleave_size dcp_q_replicate decode_context_parallel_size default_mm_loras device_ids
    diffusion_config disable_cascade_attn disable_chunked_mm_input disable_custom_all_reduce
    disable_hybrid_kv_cache_manager disable_log_stats disable_nccl_for_dp_synchronization
    disable_sliding_window distributed_executor_backend distributed_timeout_seconds download_dir
    dp_sync_interval ec_manager_config ec_transfer_config elastic_ep_max_dp_size
    enable_batch_sharded_sampling enable_chunked_prefill enable_cumem_allocator enable_dbo enable_elastic_ep
    enable_ep_weight_filter enable_eplb enable_expert_parallel enable_fault_tolerance
    enable_flashinfer_autotune enable_hc_sp enable_layerwise_nvtx_tracing enable_logging_iteration_details
    enable_mamba_cache_stochastic_rounding enable_mamba_shared_prefix_checkpoint enable_mfu_metrics
    enable_mixed_moe_lora_format enable_mm_embeds enable_mm_processor_stats enable_moe_shared_loras
    enable_nccl_comm_suspend enable_prefix_caching enable_prompt_embeds enable_return_routed_experts
    enable_shm_tensor_arena enable_sleep_mode enable_tower_connector_lora enable_trace_replay enforce_eager
    engram_config eplb_config expert_placement_strategy fail_on_environ_validation fault_tolerance_config
    fully_sharded_loras gdn_prefill_backend gpu_memory_utilization hf_config_path hf_overrides
    ignore_patterns interleave_mm_strings ir_op_priority jit_monitor_mode jit_monitor_verbose
    kda_decode_backend kda_prefill_backend kernel_config kv_cache_dtype kv_cache_dtype_skip_layers
    kv_cache_memory_bytes kv_cache_metrics kv_cache_metrics_sample kv_events_config kv_offloading_backend
    kv_offloading_size kv_sharing_fast_prefill kv_transfer_config language_model_only limit_mm_per_prompt
    linear_backend log_config_file log_level logging_config logprobs_mode long_prefill_token_threshold
    long_prefill_token_threshold_adaptive lora_dtype lora_target_modules mamba_backend mamba_block_size
    mamba_cache_dtype mamba_cache_mode mamba_cache_philox_rounds mamba_config mamba_ssm_cache_dtype
    mamba_ssu_algorithm master_addr master_port max_cpu_loras max_cudagraph_capture_size max_logprobs
    max_lora_cls_labels max_model_len max_num_active_seqs max_num_batched_tokens max_num_queued_reqs
    max_num_queued_tokens max_num_scheduled_tokens max_num_seqs max_parallel_loading_workers media_io_kwargs
    mm_device_do_normalize mm_encoder_attn_backend mm_encoder_attn_dtype mm_encoder_fp8_scale_path
    mm_encoder_fp8_scale_save_margin mm_encoder_fp8_scale_save_path mm_encoder_only mm_encoder_tp_mode
    mm_hasher_algorithm mm_ipc_gpu_memory_gb mm_processor_cache_gb mm_processor_cache_type
    mm_processor_device mm_processor_kwargs mm_shm_cache_max_object_size_mb mm_tensor_ipc model_impl
    model_loader_extra_config moe_backend nnodes node_rank num_gpu_blocks_override numa_bind numa_bind_cpus
    numa_bind_nodes offload_backend offload_group_size offload_num_in_group offload_params
    offload_prefetch_step optimization_level otlp_traces_endpoint per_request_spec_decode_metrics
    performance_mode pipeline_parallel_size pooler_config prefill_context_parallel_size
    prefill_schedule_interval prefix_cache_retention_interval prefix_caching_hash_algo prefix_match_unit
    profiler_config pt_load_map_location quantization quantization_config ray_workers_use_nsight
    reasoning_config reasoning_parser renderer_num_workers replayssm_buffer_len return_sampling_mask
    revision safetensors_load_strategy safetensors_prefetch_block_size safetensors_prefetch_num_threads
    scheduler_reserve_full_isl scheduling_policy served_model_name show_hidden_metrics_for_version
    shutdown_timeout skip_mm_profiling sleep_mode_offload_cudagraph sleep_preserve_parameter_names
    sparse_indexer_topk_backend spec_method spec_model spec_tokens specialize_active_lora speculative_config
    stream_interval structured_outputs_config swa_bounded_replay tensor_parallel_size tokenizer_revision
    tokens_only ubatch_size use_fp64_gumbel use_replayssm use_tqdm_on_load video_pruning_method
    video_pruning_rate watermark watermark_config weight_transfer_config
    """
)
"""Fields of vLLM's EngineArgs, without those of OWN and REFUSED."""
OWN = _names(
    """
    convert dtype enable_lora generation_config load_format max_lora_rank max_loras model model_weights
    override_generation_config runner seed skip_tokenizer_init tokenizer tokenizer_mode trust_remote_code
    """
)
"""What the student's other settings decide."""
REFUSED = _names(
    """
    allowed_local_media_path allowed_media_domains hf_token io_processor_plugin logits_processors
    model_class_overrides reasoning_parser_plugin scheduler_cls worker_cls worker_extension_cls
    """
)
"""What would load code or open files that a configuration names, or hold a secret."""
OPERATIONAL = _names(
    """
    async_scheduling block_size cpu_offload_gb data_parallel_size disable_custom_all_reduce
    disable_log_stats distributed_executor_backend download_dir enable_chunked_prefill enable_prefix_caching
    enforce_eager gpu_memory_utilization kv_cache_memory_bytes max_num_batched_tokens max_num_seqs
    max_parallel_loading_workers num_gpu_blocks_override pipeline_parallel_size tensor_parallel_size
    """
)
"""What decides how fast and in what memory the engine works, and not what it answers but for rounding."""


@cache
def installed_names() -> frozenset[str] | None:
    """Fields of the installed vLLM's EngineArgs; None where there is none, or its source is another."""
    spec = importlib.util.find_spec("vllm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "engine" / "arg_utils.py"
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError):
            continue
        for of in tree.body:
            if isinstance(of, ast.ClassDef) and of.name == "EngineArgs":
                fields = [one.target for one in of.body if isinstance(one, ast.AnnAssign)]
                return frozenset(field.id for field in fields if isinstance(field, ast.Name))
    return None


def fault(given: Collection[str], is_elsewhere: bool = False) -> str | None:
    """What is wrong with these names of settings, as a clause; None: nothing.

    `is_elsewhere`: another environment's vLLM is meant, whose names only that one knows."""
    if own := sorted(OWN & set(given)):
        return f"{', '.join(own)} follows from the student's other settings; leave it out"
    if refused := sorted(REFUSED & set(given)):
        return f"{', '.join(refused)} is not for a configuration; leave it out"
    installed = installed_names()
    unknown = sorted(set(given) - (NAMES if installed is None else installed))
    if not unknown or is_elsewhere:
        return None
    of = f"vLLM {VERSION}" if installed is None else "the installed vLLM"
    near = difflib.get_close_matches(unknown[0], NAMES if installed is None else installed, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{unknown[0]} is no engine argument of {of}{hint}"


def deciding(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that may change what the engine answers."""
    return {name: value for name, value in settings.items() if name not in OPERATIONAL}
