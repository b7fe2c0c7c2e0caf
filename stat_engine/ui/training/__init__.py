"""The Training page: forms for SFT and GRPO, their curves, finished arms, and questions to them.

Training itself runs as a job."""
