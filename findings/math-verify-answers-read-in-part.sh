#!/usr/bin/env bash
# math_verify.parse on an answer in notation that its LaTeX grammar does not have.
# Expected: an answer that cannot be read as a whole is kept as text (as it does for A \cup B), so that two
# different answers differ.
# Found with math-verify 0.9.0: a part of the answer is taken for the whole, with no warning, and different answers
# are then equal: of a congruence only the modulus is left, an angle bracket turns the first comma of a vector into a
# decimal comma and drops the rest, and the base of a numeral is dropped.
# Why it matters here: these notations are in the reference answers of MATH; verify() is a common reward function.
# Source: latex2sympy2_extended (the parser) and the string comparison in math_verify/grader.py.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" math-verify==0.9.0 latex2sympy2_extended==1.11.0 sympy==1.14.0 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" python3 - <<'PYTHON'
from importlib.metadata import version

from math_verify import parse, verify

PAIRS = {  # reference: (another answer, whether they are called equal)
    r"$x \equiv 3 \pmod 7$": (r"$x \equiv 5 \pmod 7$", True),
    r"$\langle 1,2,9 \rangle$": (r"$\langle 1,2,3 \rangle$", True),
    r"$12_5$": (r"$12_7$", True),
    r"$A \cup B$": (r"$A \cap B$", False),  # a control: kept as text
    r"$(1,2,9)$": (r"$(1,2,3)$", False),  # a control: read as a whole
}
print("math-verify", version("math-verify"), "with latex2sympy2_extended", version("latex2sympy2_extended"))
for reference, (other, equal) in PAIRS.items():
    found = verify(parse(reference), parse(other))
    print(f"{reference} read as {parse(reference)[0]}, {other} as {parse(other)[0]}: equal: {found}")
    assert found == equal, "changed"
PYTHON
