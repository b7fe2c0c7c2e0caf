from tests.models.servers import (  # noqa: F401 (fixtures)
    served_adapter,
    served_checkpoint,
    transformers_server,
    vllm_python,
    vllm_server,
)
