#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The import table of ARCHITECTURE.md, kept true: who may include whom below src/."""
import pathlib
import re
import sys

MAY = {
    "base": set(),
    "capture": {"base"},
    "decode": {"base"},
    "flow": {"base", "decode/packet.h"},
    "recognise": {"base"},
    "learn": {"base", "recognise"},
    "config": {"base"},
    "roles": {"base"},
    "site": {"base", "config", "roles"},
    "waiver": {"base", "config"},
    "matrix": {"base", "config", "recognise", "roles", "site"},
    "infer": {"base", "flow", "recognise", "learn/grants.h", "learn/sightings.h", "roles"},
    "findings": {"base", "decode/decode.h", "flow", "recognise", "learn/grants.h", "learn/sightings.h", "roles", "infer",
                 "site", "matrix", "waiver"},
    "store": {"base", "recognise", "flow", "learn/grants.h", "learn/sightings.h", "findings"},
    "allow": {"base", "recognise", "roles", "site", "matrix", "findings"},
    "report": {"base", "findings", "decode/decode.h", "flow", "recognise", "learn/grants.h", "learn/sightings.h", "roles",
               "site", "matrix", "waiver"},
    "screen": {"base", "decode/decode.h", "recognise", "roles", "findings", "report"},
    "suggest": {"base", "flow", "recognise", "learn/grants.h", "roles", "infer", "site"},
    "engine": {"base", "capture", "decode", "flow", "recognise", "learn", "config", "roles", "infer", "site",
               "waiver", "matrix", "findings", "store", "allow", "report", "screen", "suggest"},
    "cli": {"base"},
}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
root = pathlib.Path(sys.argv[1])
bad = []


def complain(path, text):
    bad.append(f"{path.relative_to(root)}: {text}")


for path in sorted((root / "src").rglob("*.[ch]")):
    folder = path.relative_to(root / "src").parts[0]
    text = path.read_text()
    if folder not in MAY:
        complain(path, "a folder that the import table does not know")
        continue
    for include in INCLUDE.findall(text):
        top = include.split("/")[0]
        if include == "config.h" or top == folder:
            continue
        if top not in MAY[folder] and include not in MAY[folder]:
            complain(path, f'{folder} may not include "{include}"')
    if match := BANNED.search(text):
        complain(path, f"{match.group(1)} has no place here")
    if "SPDX-License-Identifier: BSD-2-Clause" not in text.split("\n", 1)[0]:
        complain(path, "the first line names the licence")

# The table that people read says the same.
table = (root / "ARCHITECTURE.md").read_text()
for folder, may in MAY.items():
    row = re.search(rf"^\| `{folder}` \| ([^|]*) \|", table, re.M)
    listed = set(re.findall(r"`([^`]+)`", row.group(1))) if row else None
    if listed != may:
        bad.append(f"ARCHITECTURE.md: the row of `{folder}` lists {listed}, the check has {may}")

print("\n".join(bad) or "layers hold")
sys.exit(1 if bad else 0)
