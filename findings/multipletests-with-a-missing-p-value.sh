#!/usr/bin/env bash
# statsmodels' multipletests over p-values of which one is NaN (a comparison without data, such as a skill that no
# test question needs).
# Expected: the missing one is left out, or an error is raised; all methods alike.
# Found with statsmodels 0.15.0: no error, and the methods differ. Benjamini-Hochberg makes every corrected p-value
# NaN, while the `reject` that it returns beside them is still true for some; Holm and Bonferroni count the missing
# one as a comparison, so every other corrected p-value is larger than without it.
# Why it matters here: tables of one comparison a skill often have a skill without questions; leave NaN out first.
# Source: statsmodels/stats/multitest.py (multipletests, _fdrcorrection).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" statsmodels==0.15.0 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" python3 - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from statsmodels.stats.multitest import multipletests

print("statsmodels", version("statsmodels"))
whole, missing = [0.001, 0.02, 0.04], [0.001, 0.02, 0.04, np.nan]
found = {}
for method in ("fdr_bh", "holm", "bonferroni"):
    reject, corrected, *_ = multipletests(missing, alpha=0.05, method=method)
    alone = multipletests(whole, alpha=0.05, method=method)
    found[method] = np.round(corrected, 4)
    print(f"{method}: with a NaN {found[method]} reject {reject}; without it {np.round(alone[1], 4)} reject {alone[0]}")
    if method == "fdr_bh":
        assert np.isnan(corrected).all() and reject.tolist() == [True, True, False, False], "changed"
assert found["holm"][:3].tolist() == [0.004, 0.06, 0.08], "changed"
assert found["bonferroni"][:3].tolist() == [0.004, 0.08, 0.16], "changed"
PYTHON
