# SPDX-License-Identifier: BSD-2-Clause
"""A terminal in which a program runs, whose screen can be read and whose keys can be pressed."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = os.environ.get("SPANAUDIT", str(ROOT / "build-dev/src/cli/spanaudit"))
PATIENCE = 20


class Terminal:
    """A tmux of its own, with one window of this size."""

    made = 0

    def __init__(self, folder, size, command, env):
        Terminal.made += 1
        self.socket = folder / f"tmux-{Terminal.made}"
        self.env = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "COLUMNS")}
        # A search for leaks that the end of the terminal interrupts never ends; the unit test has one.
        self.env |= {"LC_ALL": "C.UTF-8", "TERM": "tmux-256color", "SPANAUDIT_RULES_PATH": str(ROOT / "rules"),
                     "ASAN_OPTIONS": "detect_leaks=0"} | env
        told = [f"{k}={self.env[k]}" for k in ("LC_ALL", "TERM", "SPANAUDIT_RULES_PATH", "ASAN_OPTIONS")]
        width, height = size.split("x")
        # tmux itself must take UTF-8, whatever the program inside is told.
        self.run("-f", "/dev/null", "-u", "new-session", "-d", "-x", width, "-y", height, "-c", str(folder),
                 "env", *told, "sh", "-c", command, env=self.env | {"LC_ALL": "C.UTF-8", "TERM": "xterm"})

    def run(self, *args, env=None):
        return subprocess.run(["tmux", "-S", str(self.socket), *args], env=env, check=True, text=True,
                              capture_output=True).stdout

    def screen(self):
        return "\n".join(line.rstrip() for line in self.run("capture-pane", "-p").split("\n")).rstrip("\n") + "\n"

    def styles(self):
        return self.run("capture-pane", "-p", "-e")

    def press(self, keys):
        words = []
        for key in keys.split():
            words += ["send-keys", *(["-l", key] if "=" in key else [key]), ";"]
        self.run(*words[:-1])

    def wait(self, fits, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.screen()
            if fits(text):
                return text
            time.sleep(0.05)
        sys.exit(f"{what}: never came; the screen is\n{self.screen()}")

    def size(self, size):
        width, height = size.split("x")
        self.run("resize-window", "-x", width, "-y", height)

    def pid(self):
        shell = self.run("display-message", "-p", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], check=True, text=True,
                                  capture_output=True).stdout.split()[0])

    def done(self):
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], capture_output=True)
