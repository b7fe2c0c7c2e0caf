"""The arms of a run: fine-tuned, reinforced, evaluated, tried and exported."""
