"""Delimiters and Markdown around an answer, and the formulas of a text."""

import re

ONLY_NUMBER = re.compile(r"\s*(-?\d[\d,/]*(?:\.\d+)?)\.?\s*")
FORMULA = re.compile(
    r"\\\[(?:[^\\]|\\(?![\[\]]))+\\\]|\\\((?:[^\\]|\\(?![()]))+\\\)|\$\$[^$]+\$\$"
    r"|(?<![\\$])\$(?=\S)(?:\\.|[^$\\\n])+(?<=\S)\$(?!\d)"
)
_MARKUP = re.compile(r"\*\*|__|`|^\s*[*_]|[*_]\s*$")
END = re.compile(r"(?<!\s)(?:\s*(?:ки\b|<\|[^<>]*\|>|</?(?:s|eos|answer)>|[✓✔✅]))+\s*$")


def clean(text: str) -> str:
    """The answer's text without Markdown, LaTeX delimiters and end-of-text markers around it."""
    text = END.sub("", text.strip()).strip()
    if text[:1] in "*_`" or text[-1:] in "*_`":
        text = _MARKUP.sub("", text).strip()
    if "\\" in text or "$" in text:
        text = _undelimited(text)
    return text.strip().removesuffix(".").strip() if not text.endswith("..") else text


def _undelimited(text: str) -> str:
    """The text without LaTeX delimiters; a single dollar sign before a number is money and stays."""
    text = re.sub(r"(?<!\\)\\[()\[\]]", "", text)
    if text.count("$") - text.count("\\$") == 1 and re.search(r"(?<!\\)\$\s*[\d.]", text):
        return text
    return re.sub(r"(?<!\\)\$", "", text)
