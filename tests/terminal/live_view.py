#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit live` and `spanaudit watch` on a terminal, while packets come. 77: no root, no tmux ...

In a network namespace of its own, a capture is played into a wire. What the view shows must be what
the audit of that capture found, and however the view ends, the run ends in order."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from tmux import ROOT, TOOL, Terminal

INSIDE = "SPANAUDIT_LIVE_VIEW"
NEEDS = {"ip": "iproute2", "tcpreplay": "tcpreplay", "unshare": "util-linux", "tmux": "tmux"}
FIRST = "HIGH     unexpected-pair"


def do(*args):
    subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def run_on(folder, *more):
    command = [TOOL, "live", "-i", "a1", "--site", str(ROOT / "pcaps/lab-site.yaml"), "--user", "nobody", "--every",
               "1s", "--control", str(folder / "control"), "--metrics", str(folder / "run.prom"), *more]
    return Terminal(folder, "110x30", f"echo begun; {' '.join(command)} 2>err; echo CODE=$?; cat", {})


def play():
    do("tcpreplay", "-q", "-i", "a0", "--topspeed", str(ROOT / "pcaps/lab.pcapng"))


def ended(view, what):
    text = view.wait(lambda text: "CODE=" in text, what)
    if view.run("display-message", "-p", "#{cursor_flag} #{alternate_on}").split() != ["1", "0"]:
        sys.exit(f"{what}: the terminal is not as it was")
    return int(re.search(r"CODE=(\d+)", text).group(1))


def need(true, what):
    if not true:
        sys.exit(what)


def check_view(folder):
    view = run_on(folder)
    try:
        view.wait(lambda text: "NOT JUDGED YET" in text and "judged every 1 s" in text, "the empty view")
        play()
        text = view.wait(lambda text: FIRST in text and "judged" in text, "the findings")
        need("lost: by this computer 0, cards 0, TCP unseen 0.00%, given up 0" in text, f"the losses: {text}")
        for pid in subprocess.run(["pgrep", "-f", "spanaudit live"], capture_output=True, text=True).stdout.split():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            if f"{TOOL}\0live" in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                need("CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, f"rights: {status}")
        other = Terminal(folder, "110x30", f"{TOOL} watch --control control; echo CODE=$?; cat", {})
        try:
            shown = other.wait(lambda text: FIRST in text, "what watch shows")
            need(re.findall("F-[0-9a-f]{12}", text) == re.findall("F-[0-9a-f]{12}", shown), f"watch shows {shown}")
            other.press("p")
            other.wait(lambda text: "PAUSED" in text, "the pause")
            other.press("p q")
            need(ended(other, "watch") == 1, "the code of watch")
        finally:
            other.done()
        brief = subprocess.run([TOOL, "watch", "--control", "control"], cwd=folder, capture_output=True, text=True)
        need(brief.returncode == 1 and brief.stdout.startswith("[X] NOT COMPLIANT  lab: 6 high"), f"{brief}")
        do("ip", "link", "set", "a1", "down")
        view.wait(lambda text: "a1 AWAY; lost:" in text, "the interface that is down")
        do("ip", "link", "set", "a1", "up")
        view.wait(lambda text: "AWAY" not in text, "the interface that is back")
        view.press("q")
        need(ended(view, "q") == 1, "the code of the run")
        text = view.run("capture-pane", "-p", "-S", "-200")
        need("[X] NOT COMPLIANT  lab: 6 high" in text and "begun" in text, f"the summary: {text}")
        need("taking packets on 1 interface" in (folder / "err").read_text(), "what was told meanwhile")
        metrics = (folder / "run.prom").read_text()
        need('spanaudit_report_findings{site="lab",severity="high"} 6\n' in metrics, metrics)
        need(not (folder / "run.prom.new").exists(), "half a file of metrics")
    finally:
        view.done()


def check_run_ends(folder):
    """The run ends by itself, and with it the view, whoever else it began."""
    view = run_on(folder, "-a", "duration:3", "--exec-on-finding", "true")
    try:
        view.wait(lambda text: "NOT JUDGED YET" in text, "the view")
        need(ended(view, "the end of a run") == 4, "the code of an empty run")
    finally:
        view.done()


def check_view_killed(folder):
    """The view is killed, and the run ends in order."""
    view = run_on(folder)
    try:
        view.wait(lambda text: "NOT JUDGED YET" in text, "the view")
        parent = view.pid()
        child = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
        os.kill(int(child[0]), signal.SIGKILL)
        view.wait(lambda text: "CODE=4" in text, "the end behind a killed view")
    finally:
        view.done()


def check_cannot(folder):
    """What cannot be opened is said on a terminal that nobody touched."""
    view = Terminal(folder, "110x30", f"{TOOL} live -i none0 --control none; echo CODE=$?; cat", {})
    try:
        need(ended(view, "no interface") == 3, "the code without an interface")
        need("none0" in view.screen(), f"what is said: {view.screen()}")
    finally:
        view.done()


def check_no_run(folder):
    run = subprocess.run([TOOL, "watch", "--control", "nobody-here"], cwd=folder, capture_output=True, text=True)
    need(run.returncode == 3 and run.stderr.count("\n") >= 3, f"{run}")


def inside():
    for name in ("lo",):
        do("ip", "link", "set", name, "up")
    do("ip", "link", "add", "a0", "type", "veth", "peer", "name", "a1")
    for end in ("a0", "a1"):
        do("ip", "link", "set", end, "mtu", "9000", "up")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        for check in (check_view, check_run_ends, check_view_killed, check_cannot, check_no_run):
            check(pathlib.Path(name))
    print("the view shows what the run finds")


def main():
    missing = [package for program, package in NEEDS.items() if not shutil.which(program)]
    if os.geteuid() != 0 or missing:
        print("skipped: " + (f"missing: {' '.join(missing)}" if missing else "needs root for a namespace"))
        return 77
    if "-NCURSES" in subprocess.run([TOOL, "version"], capture_output=True, text=True).stdout:
        print("skipped: built without ncurses, so there is no view")
        return 77
    if os.environ.get(INSIDE):
        return inside()
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        print("skipped: no network namespace can be made here")
        return 77
    return subprocess.run(["unshare", "-n", sys.executable, __file__], env=os.environ | {INSIDE: "1"}).returncode


sys.exit(main())
