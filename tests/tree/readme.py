#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""readme.py SPANAUDIT SOURCE-ROOT [--update]: what README.md shows is what comes out.

Every line `$ spanaudit ...` in a fenced block is run from the top of the tree and must exit with
0, 1 or 4. The lines below it must be the first lines of what comes out, up to a line of `...` or the
end of the block. Relative links must lead somewhere. --update writes what comes out, as many lines
as stand there now, or up to the line that begins the second part of the report.
"""
import os
import re
import shlex
import subprocess
import sys

tool, root = os.path.abspath(sys.argv[1]), sys.argv[2]
update = "--update" in sys.argv[3:]
path = os.path.join(root, "README.md")
lines = open(path, encoding="utf-8").read().split("\n")
bad = []
ran = 0
done = []
fenced = False

i = 0
while i < len(lines):
    line = lines[i]
    done.append(line)
    i += 1
    if line.startswith("```"):
        fenced = not fenced
    if not (fenced and line.startswith("$ spanaudit")):
        continue
    ran += 1
    env = dict(os.environ, COLUMNS="80", NO_COLOR="1",
               SPANAUDIT_RULES_PATH=os.path.join(root, "rules"))
    p = subprocess.run([tool] + shlex.split(line)[2:], cwd=root, env=env, capture_output=True,
                       text=True, stdin=subprocess.DEVNULL)
    if p.returncode not in (0, 1, 4):
        bad.append(f"{line}: exit code {p.returncode}: {p.stderr}")
    want = []
    while not re.match(r"```|\.\.\.$|\$ ", lines[i]):
        want.append(lines[i])
        i += 1
    got = p.stdout.split("\n")
    if update:
        end = next((k for k, g in enumerate(got) if g.startswith("CAN YOU TRUST")), len(want))
        want = got[:end]
        while want and not want[-1]:
            want.pop()
    done += want
    for w, g in zip(want, got + [""] * len(want)):
        if w.rstrip() != g.rstrip():
            bad.append(f"{line}: README.md has {w!r}, what came out is {g!r}")
            break

if update:
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(done))
for link in re.findall(r"\]\(([^)#:]+)\)", "\n".join(lines)):
    if not os.path.exists(os.path.join(root, link)):
        bad.append(f"the link to {link} leads nowhere")
if not ran:
    bad.append("no command of README.md was run")
print("\n".join(bad) or f"{ran} commands come out as written")
sys.exit(1 if bad else 0)
