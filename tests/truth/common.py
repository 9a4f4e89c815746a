# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of this folder share: where the captures are, and how the tool is run."""

import csv
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.environ.get('SPANAUDIT', 'spanaudit')
SKIP = 77


def captures():
    """The folder of public captures, which is not part of this tree; ends the test without it."""
    for folder in (os.environ.get('SPANAUDIT_CAPTURES'),
                   os.path.join(ROOT, '..', 'shared', 'captures')):
        if folder and os.path.exists(os.path.join(folder, 'MANIFEST.tsv')):
            return folder
    print('skipped: no public captures here; name their folder in SPANAUDIT_CAPTURES')
    sys.exit(SKIP)


def manifest(folder):
    """Rows of the list of captures, by the names of its columns."""
    with open(os.path.join(folder, 'MANIFEST.tsv'), newline='') as f:
        return list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))


def environment():
    keep = {k: v for k, v in os.environ.items()
            if k in ('PATH', 'LD_LIBRARY_PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS')}
    keep.update(TZ='UTC', LC_ALL='C.UTF-8', NO_COLOR='1', TERM='dumb', COLUMNS='80',
                HOME='/nonexistent')
    keep.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1:halt_on_error=1')
    return keep


def run(*args, data=None, cwd=None, timeout=300):
    """(exit code, stdout, stderr) as bytes. data: standard input."""
    p = subprocess.run([TOOL, *args], input=data if data is not None else b'',
                       capture_output=True, env=environment(), cwd=cwd, timeout=timeout)
    return p.returncode, p.stdout, p.stderr


def run_capture(command, path, *options):
    return run(command, *options, path)


def sanitizer(err):
    """A line that a sanitizer or the C library wrote, or None."""
    for line in err.decode(errors='replace').splitlines():
        if 'Sanitizer' in line or 'runtime error:' in line or 'Assertion' in line:
            return line
    return None


def load(text):
    return json.loads(text)
