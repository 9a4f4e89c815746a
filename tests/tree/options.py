#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""options.py SPANAUDIT MANPAGE: help, manual page, completions and parser know the same options,
commands and kinds."""
import re
import subprocess
import sys

tool, page = sys.argv[1:3]
bad = []


def run(*args, code=0):
    p = subprocess.run([tool, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if p.returncode != code:
        bad.append(f"spanaudit {' '.join(args)}: exit code {p.returncode}, not {code}: {p.stderr}")
    return p.stdout


commands = re.findall(r"^  ([a-z]+) {2,}", run("help"), re.M)
options = {}
arguments = {}
for c in commands:
    text = run(c, "--help")
    options[c] = set(re.findall(r"^ {2}(?:-\w, | {4})(--[a-z-]+)", text, re.M))
    options[c] |= set(re.findall(r"^ {2}(-\w), --", text, re.M))
    arguments |= {o: bool(a) for o, a in re.findall(r"^ {2}(?:-\w, | {4})(--[a-z-]+)( [A-Z=]+)?", text, re.M)}
everything = set().union(*options.values())
if len(commands) < 10 or len(everything) < 20:
    bad.append(f"too little was found: {commands} {everything}")

# the manual page, as a reader sees it
man = subprocess.run(["mandoc", "-Tutf8", "-O", "width=78", page], capture_output=True, text=True)
plain = re.sub(".\b", "", man.stdout)
for o in sorted(everything):
    if not re.search(rf"^\s+(-\w, )?{o}[ ,\n]", plain, re.M):
        bad.append(f"{o} is not in the manual page")
for o in sorted(set(re.findall(r"^ {5}(?:-\w, )?(--[a-z-]+)", plain, re.M)) - everything):
    bad.append(f"{o} of the manual page is no option")
for c in commands:
    if not re.search(rf"^\s+spanaudit {c}\b", plain, re.M):
        bad.append(f"command {c} is not in the manual page")
for kind in re.findall(r"^([a-z-]+) \(", run("help", "kinds"), re.M):
    if not re.search(rf"^\s+{kind} \(", plain, re.M):
        bad.append(f"kind {kind} is not in the manual page")

# the completions
for shell in ("bash", "zsh", "fish"):
    script = run("completion", shell)
    for c in commands:
        if not re.search(rf"\b{c}\b", script):
            bad.append(f"{shell}: no command {c}")
        if shell == "bash":
            found = set(re.search(rf"\t{c}\)\n.*\n\t\toptions='([^']*)'", script).group(1).split())
        elif shell == "zsh":
            part = re.search(rf"\t{c}\) _arguments(.*?);;", script, re.S).group(1)
            found = set(re.findall(r"'\*?(--?[a-z-]+)\[", part, re.I))
        else:
            found = set()
            for line in script.splitlines():
                names = re.search(r"-n '__fish_seen_subcommand_from ([a-z ]+)", line)
                if names and c in names.group(1).split():
                    found |= {"-" + s for s in re.findall(r" -s (\w)", line)}
                    found |= {"--" + s for s in re.findall(r" -l ([a-z-]+)", line)}
        for o in sorted(options[c] ^ found):
            bad.append(f"{shell}: {c}: {o} is in help or completion, not in both")

# the parser knows them: an unknown option would be named as one
for c in commands:
    for o in sorted(x for x in options[c] if x.startswith("--")):
        args = [c, o] + (["x"] if arguments[o] else []) + ["--no-such-option"]
        p = subprocess.run([tool, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if p.returncode != 2 or f"'{o}' is no option" in p.stderr:
            bad.append(f"{c} {o}: the parser does not know it: {p.stderr}")

# a shell reads them without complaint
for shell, args in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["-n"])):
    try:
        p = subprocess.run([shell, *args, "/dev/stdin"], input=run("completion", shell), text=True,
                           capture_output=True)
    except FileNotFoundError:
        continue
    if p.returncode:
        bad.append(f"{shell} refuses its completion: {p.stderr}")

print("\n".join(bad) or f"{len(commands)} commands, {len(everything)} options agree")
sys.exit(1 if bad else 0)
