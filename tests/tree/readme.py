#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""readme.py SPANAUDIT SOURCE-ROOT: what README.md shows is what comes out.

Every line `$ spanaudit ...` in a fenced block is run from the top of the tree and must exit with
0, 1 or 4. Lines that follow it in the block must come out in this order; a line of `...` stands for
any others. Relative links must lead somewhere.
"""
import os
import re
import shlex
import subprocess
import sys

tool, root = os.path.abspath(sys.argv[1]), sys.argv[2]
text = open(os.path.join(root, "README.md"), encoding="utf-8").read()
bad = []
ran = 0

for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S):
    lines = block.splitlines()
    for i, line in enumerate(lines):
        if not line.startswith("$ spanaudit"):
            continue
        ran += 1
        env = dict(os.environ, COLUMNS="80", NO_COLOR="1",
                   SPANAUDIT_RULES_PATH=os.path.join(root, "rules"))
        p = subprocess.run([tool] + shlex.split(line)[2:], cwd=root, env=env, capture_output=True,
                           text=True, stdin=subprocess.DEVNULL)
        if p.returncode not in (0, 1, 4):
            bad.append(f"{line}: exit code {p.returncode}: {p.stderr}")
        got = iter(p.stdout.splitlines())
        loose = False
        for want in lines[i + 1:]:
            if want.startswith("$ "):
                break
            if want == "...":
                loose = True
                continue
            have = next((g for g in got if g.rstrip() == want.rstrip()), None) if loose \
                else next(got, "").rstrip()
            if have is None or have.rstrip() != want.rstrip():
                bad.append(f"{line}: expected {want!r}, got {have!r}")
                break
            loose = False

for link in re.findall(r"\]\(([^)#:]+)\)", text):
    if not os.path.exists(os.path.join(root, link)):
        bad.append(f"the link to {link} leads nowhere")
if not ran:
    bad.append("no command of README.md was run")
print("\n".join(bad) or f"{ran} commands come out as written")
sys.exit(1 if bad else 0)
