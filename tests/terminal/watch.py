#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Screens of `spanaudit watch` in a terminal (tmux), compared with those in expected/.

    watch.py                compare
    watch.py --update NAME  write what is shown now, then read the diff
    watch.py NAME...        print them

Names of hosts in hostile.json hold escape sequences, wide characters and more than fits. Every
screen must also fit its terminal, and whatever ends the view leaves a terminal that can be used."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from tmux import PATIENCE, ROOT, TOOL, Terminal

HERE = pathlib.Path(__file__).resolve().parent
EVIL = 'e\x1b]0;vil\x07\x1b[2J"\u202e<b>\x9b31m'
WIDE = "\u4e2d\u6587-\u0440\u0443\u0441-\U0001f600-e\u0301-" + "long" * 60

# name, size, keys (tmux's words), file, environment
SCREENS = [
    ("findings-80", "80x24", "", "lab", {}),
    ("findings-200", "200x60", "", "lab", {}),
    ("findings-selected", "80x24", "Down Down s", "lab", {}),
    ("findings-filtered", "80x24", "/ role=mail Enter", "lab", {}),
    ("findings-wrong-filter", "80x24", "/ roles=mail Enter", "lab", {}),
    ("findings-hostile", "80x24", "", "hostile", {}),
    ("findings-hostile-ascii", "100x24", "", "hostile", {"LC_ALL": "C"}),
    ("details-80", "80x24", "Enter", "lab", {}),
    ("details-200", "200x60", "Down Enter", "lab", {}),
    ("details-hostile", "80x24", "Enter", "hostile", {}),
    ("extract", "80x24", "e", "lab", {}),
    ("waiver", "80x24", "w", "lab", {}),
    ("matrix-80", "80x24", "2", "lab", {}),
    ("matrix-200", "200x60", "2 Down Right", "lab", {}),
    ("matrix-cell", "80x24", "2 Down Right Right Enter", "lab", {}),
    ("conversations-80", "80x24", "3", "lab", {}),
    ("conversations-200", "200x60", "3 End", "lab", {}),
    ("conversation-details", "80x24", "3 Enter", "lab", {}),
    ("rpc-80", "80x24", "4", "lab", {}),
    ("rpc-200", "200x60", "4", "lab", {}),
    ("rpc-details", "80x24", "4 Enter", "lab", {}),
    ("endpoints-80", "80x24", "5", "lab", {}),
    ("endpoints-200", "200x60", "5", "lab", {}),
    ("endpoint-details", "80x24", "5 Enter", "lab", {}),
    ("endpoints-hostile", "80x24", "5", "hostile", {}),
    ("sensors-80", "80x24", "6", "lab", {}),
    ("sensor-details", "80x24", "6 Enter", "lab", {}),
    ("help", "80x24", "?", "lab", {}),
    ("mono", "80x24", "", "lab", {"TERM": "vt100", "LC_ALL": "C"}),
    ("small", "40x8", "", "lab", {}),
    ("too-small", "30x6", "", "lab", {}),
]


def steady(terminal, what):
    """The screen once it has not changed for a while."""
    last = [None, 0]

    def fits(text):
        if text != last[0]:
            last[:] = [text, time.monotonic()]
        return text.strip() and time.monotonic() - last[1] > 0.5

    return terminal.wait(fits, what)


def results(folder):
    subprocess.run([TOOL, "audit", "-q", "--now", "2026-11-29T12:00:00Z", "--site", "pcaps/lab-site.yaml",
                    "-o", str(folder / "lab.json"), "pcaps/lab.pcapng"], cwd=ROOT, check=False)
    document = json.loads((folder / "lab.json").read_text())
    for finding in document["findings"]:
        for end in ("client", "server"):
            if finding[end]["host"]:
                finding[end]["host"] = EVIL if end == "client" else WIDE
    for role in document["roles"]:
        if role["name"]:
            role["name"] = WIDE if "1" in role["name"] else EVIL
    document["findings"][0]["client"]["host"] = EVIL
    (folder / "hostile.json").write_text(json.dumps(document))


def show(folder, row, expected):
    """The screen behind these keys: as soon as it is the expected one, else when it stays."""
    name, size, keys, file, env = row
    terminal = Terminal(folder, size, f"{TOOL} watch {file}.json; echo ended $?; cat", env)
    try:
        text = terminal.wait(lambda text: text.strip(), name)
        if keys:
            terminal.press(keys)
        end = time.monotonic() + (PATIENCE if expected else 0)
        while time.monotonic() < end and text != expected:
            time.sleep(0.05)
            text = terminal.screen()
        if not expected:
            text = steady(terminal, name)
        return text, terminal.styles()
    finally:
        terminal.done()


def check_screens(folder, names, update):
    bad = []
    rows = [row for row in SCREENS if not names or row[0] in names]
    known = {row[0]: (HERE / "expected" / f"{row[0]}.txt") for row in rows}
    wants = {n: p.read_text() if p.exists() and not names and not update else None for n, p in known.items()}
    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(lambda row: show(folder, row, wants[row[0]]), rows))
    for row, (text, styles) in zip(rows, shown):
        name, size, expected, wanted = row[0], row[1], known[row[0]], wants[row[0]]
        height = int(size.split("x")[1])
        if len(text.split("\n")) - 1 > height:
            bad.append(f"{name}: more lines than {height}")
        if "\x1b]" in styles or "\x07" in styles:
            bad.append(f"{name}: a sequence of a name was let through")
        if update:
            expected.write_text(text)
        elif names:
            print(text)
        elif wanted != text:
            bad.append(f"{name}: is now\n{text}and was\n{wanted}")
    return bad


def check_resize(folder):
    """A terminal that changes its size shows what one of that size shows."""
    terminal = Terminal(folder, "80x24", f"{TOOL} watch lab.json; cat", {})
    try:
        terminal.wait(lambda text: "row 1 of" in text, "resize")
        terminal.size("200x60")
        wide = (HERE / "expected/findings-200.txt").read_text()
        terminal.wait(lambda text: text == wide, "the wide screen")
        terminal.size("80x24")
        narrow = (HERE / "expected/findings-80.txt").read_text()
        terminal.wait(lambda text: text == narrow, "the narrow screen")
    finally:
        terminal.done()
    return []


def check_colours(folder):
    bad = []
    for env, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "vt100"}, False)):
        prefix = "".join(f"{k}={v} " for k, v in env.items())
        terminal = Terminal(folder, "80x24", f"{prefix}{TOOL} watch lab.json; cat", {})
        try:
            terminal.wait(lambda text: "row 1 of" in text, "colours")
            if ("\x1b[31" in terminal.styles() or ";31" in terminal.styles()) != wanted:
                bad.append(f"{env}: colours are {'missing' if wanted else 'there'}")
        finally:
            terminal.done()
    return bad


def check_end(folder):
    """However it ends, the terminal is as it was: its settings, its screen, its cursor."""
    bad = []
    ways = [("q", None, 1), ("C-c", None, 1), (None, signal.SIGTERM, 1), (None, signal.SIGHUP, 1),
            (None, signal.SIGABRT, 134), (None, signal.SIGQUIT, 131)]
    for key, number, code in ways:
        what = key or number.name
        terminal = Terminal(folder, "80x24",
                            "stty -g >before; echo begun; ulimit -c 0; "
                            f"{TOOL} watch -q lab.json 2>err; echo CODE=$?; stty -g >after; cat", {})
        try:
            terminal.wait(lambda text: "row 1 of" in text, what)
            if key:
                terminal.press(key)
            else:
                os.kill(terminal.pid(), number)
            text = terminal.wait(lambda text: "CODE=" in text, what)
            if f"CODE={code}\n" not in text:
                bad.append(f"{what}: ended otherwise:\n{text}")
            if "begun" not in text:
                bad.append(f"{what}: the screen before is gone:\n{text}")
            terminal.wait(lambda text: (folder / "after").exists() and (folder / "after").read_text(), what)
            if (folder / "before").read_text() != (folder / "after").read_text():
                bad.append(f"{what}: stty differs: {(folder / 'before').read_text()}{(folder / 'after').read_text()}")
            flag = terminal.run("display-message", "-p", "#{cursor_flag} #{alternate_on}").split()
            if flag != ["1", "0"]:
                bad.append(f"{what}: cursor and screen are {flag}")
        finally:
            terminal.done()
            (folder / "after").unlink(missing_ok=True)
    return bad


def check_new_file(folder):
    """A file that is written anew is shown anew, and what is no result leaves the old one there."""
    shutil.copy(folder / "lab.json", folder / "moving.json")
    terminal = Terminal(folder, "80x24", f"{TOOL} watch moving.json; cat", {})
    try:
        terminal.wait(lambda text: "row 1 of" in text, "moving")
        document = json.loads((folder / "lab.json").read_text())
        document["findings"][0]["client"]["host"] = "newcomer"
        (folder / "new.json").write_text(json.dumps(document))
        os.replace(folder / "new.json", folder / "moving.json")
        terminal.wait(lambda text: "newcomer" in text and "written anew" in text, "the new content")
        (folder / "moving.json").write_text("{")
        terminal.wait(lambda text: "newcomer" in text and "is no result" in text, "the damaged file")
    finally:
        terminal.done()
    return []


def check_no_terminal(folder):
    """Off a terminal, or on one that cannot place text, the result is printed in short."""
    bad = []
    brief = subprocess.run([TOOL, "report", "--format", "brief", "lab.json"], cwd=folder, capture_output=True, text=True)
    piped = subprocess.run([TOOL, "watch", "lab.json"], cwd=folder, capture_output=True, text=True)
    if (piped.stdout, piped.returncode) != (brief.stdout, brief.returncode):
        bad.append(f"in a pipe: {piped}")
    terminal = Terminal(folder, "80x24", f"TERM=dumb {TOOL} watch lab.json; echo ended $?; cat", {})
    try:
        terminal.wait(lambda text: "ended 1" in text and "CAN YOU TRUST" in text, "a dumb terminal")
    finally:
        terminal.done()
    for args in (["watch", "a.json", "b.json"], ["watch", "none.json"]):
        run = subprocess.run([TOOL, *args], cwd=folder, capture_output=True, text=True)
        if run.returncode not in (2, 3) or not run.stderr:
            bad.append(f"{args}: {run}")
    return bad


def lines_of(folder, change, *args):
    """What --every prints of a file that is changed behind the first lines, and its exit code."""
    shutil.copy(folder / "hostile.json", folder / "moving.json")
    run = subprocess.Popen([TOOL, "watch", "moving.json", "--every", "1s", "-c", "2", *args], cwd=folder,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [run.stdout.readline()]  # it has read the file by then
    change()
    lines += run.stdout.readlines()
    return lines, run.stderr.read(), run.wait(PATIENCE)


def check_lines(folder):
    """With --every: findings as they come, change and go, and how it stands."""
    bad = []
    document = json.loads((folder / "hostile.json").read_text())
    first, second, third = (f["id"] for f in document["findings"][:3])
    counts = document["summary"]["findings"]
    for finding, severity in (document["findings"][0], "critical"), (document["findings"][1], None):
        counts[finding["severity"]] -= 1
        if severity:
            counts[severity] += 1
            finding["severity"] = severity
    del document["findings"][1]
    changed = json.dumps(document)

    def change():
        (folder / "new.json").write_text(changed)
        os.replace(folder / "new.json", folder / "moving.json")
    lines, errors, code = lines_of(folder, change)
    state = [i for i, x in enumerate(lines) if x.startswith("state ")]
    before, after = ([x.split() for x in part] for part in (lines[:state[0]], lines[state[0] + 1:-1]))
    words = {x[-1]: x[:3] for x in before}
    if len(state) != 2 or state[1] != len(lines) - 1 or code != 1 or errors:
        bad.append(f"--every: {code} {errors} {lines}")
    if not all("new" in words[i] for i in (first, second, third)) or len(before) != len(document["findings"]) + 1:
        bad.append(f"all are there at first: {before}")
    if sorted((x[-1], "gone" in x[:3], "changed" in x[:3]) for x in after) != \
            sorted([(first, False, True), (second, True, False)]):
        bad.append(f"what is different: {after}")
    if any("\x1b" in x or "\x9b" in x for x in lines):
        bad.append("a name does something to the terminal")
    events, errors, code = lines_of(folder, change, "--format", "ndjson", "-q")
    told = [(e["event"]["id"], e["spanaudit"]["status"]) for e in map(json.loads, events)]
    if told[-2:] != [(first, "changed"), (second, "gone")] or len(told) != len(before) + 2:
        bad.append(f"as events: {told}")
    lines, errors, code = lines_of(folder, lambda: (folder / "moving.json").write_text("{"))
    if "gone" in str(lines) or not errors or code != 1:
        bad.append(f"what is no result: {code} {errors} {lines}")
    for args in (["-c", "1"], ["--format", "ndjson"], ["--every", "soon"], ["--every", "1s", "-c", "0"],
                 ["--every", "1s", "--format", "html"]):
        run = subprocess.run([TOOL, "watch", "lab.json", *args], cwd=folder, capture_output=True, text=True)
        if run.returncode != 2 or not run.stderr:
            bad.append(f"{args}: {run}")
    reader = subprocess.run(f"{TOOL} watch lab.json --every 1s | head -1", cwd=folder, shell=True, capture_output=True,
                            text=True, timeout=PATIENCE)
    if reader.stderr or reader.stdout.count("\n") != 1:
        bad.append(f"a reader that has enough: {reader}")
    return bad


def main():
    if not shutil.which("tmux"):
        print("skipped: no tmux, which is the terminal of this test")
        return 77
    if "-NCURSES" in subprocess.run([TOOL, "version"], capture_output=True, text=True).stdout:
        print("skipped: built without ncurses, so there is no view")
        return 77
    update, names = "--update" in sys.argv, [a for a in sys.argv[1:] if not a.startswith("--")]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        results(folder)
        bad = check_screens(folder, names, update)
        if not update and not names:
            for check in (check_resize, check_colours, check_end, check_new_file, check_no_terminal, check_lines):
                bad += check(folder)
    print("\n".join(bad) or "screens are as they were")
    return 1 if bad else 0


sys.exit(main())
