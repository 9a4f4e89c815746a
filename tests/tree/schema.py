#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""schema.py SCHEMA (FILE... | --run COMMAND...): holds result documents against the schema.

Beyond the shape it checks what a schema cannot say: the sums that every document promises.
Exit codes: 0 valid, 1 not, 77 without python3-jsonschema.
"""
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(77)


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a name stands twice in one object: {sorted(keys)}")
    return dict(pairs)


def sums(d):
    """What must balance, as (what, left, right)."""
    c, s = d["coverage"], d["summary"]
    yield "packets = decoded + skipped", c["packets"], c["decoded"] + sum(c["skipped"].values())
    yield ("conversations = listed + folded + out of scope + evicted", s["all_conversations"],
           s["listed"] + s["folded"] + s["out_of_scope_conversations"] + s["evicted"])
    yield "listed rows", s["listed"], len(d["conversations"])
    yield "rules", sum(s["rules"].values()), len(d["rules"])
    for result in ("met", "violated", "unused", "not-judged"):
        yield (f"rules {result}", s["rules"][result.replace("-", "_")],
               sum(r["result"] == result for r in d["rules"]))
    yield ("out of scope by row", s["out_of_scope_conversations"],
           sum(r["conversations"] for r in s["out_of_scope"]))
    if "only" not in d:
        for severity, n in s["findings"].items():
            yield (f"findings {severity}", n,
                   sum(f["severity"] == severity and not f["waiver"] for f in d["findings"]))
    ids = [f["id"] for f in d["findings"]]
    yield "finding ids are unique", len(set(ids)), len(ids)


def check(validator, name, text):
    bad = 0
    try:
        document = json.loads(text, object_pairs_hook=no_duplicates)
    except ValueError as e:
        print(f"{name}: not JSON: {e}")
        return 1
    for e in validator.iter_errors(document):
        print(f"{name}: {'/'.join(map(str, e.absolute_path)) or 'top'}: {e.message[:300]}")
        bad = 1
    if bad:
        return bad
    for what, left, right in sums(document):
        if left != right:
            print(f"{name}: {what}: {left} is not {right}")
            bad = 1
    return bad


def main():
    with open(sys.argv[1]) as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if sys.argv[2] == "--run":
        out = subprocess.run(sys.argv[3:], stdout=subprocess.PIPE, check=False)
        if out.returncode not in (0, 1, 4):
            print(f"{sys.argv[3:]} ended with {out.returncode}")
            return 1
        return check(validator, sys.argv[3], out.stdout.decode("utf-8", "strict"))
    bad = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as f:
            bad |= check(validator, path, f.read())
    return bad


sys.exit(main())
