# SPDX-License-Identifier: BSD-2-Clause
"""What tests share that run another command on the captures of every audit case."""

import os
import shutil
import sys
import tempfile

import run

ENOUGH = 100  # fewer cases, and the test has lost sight of them


def arguments(command, words, dropped):
    """The words of an audit for another command, without these options, which take a word each."""
    out, skip = [], False
    for w in words[1:]:
        if skip:
            skip = False
        elif w in dropped:
            skip = True
        elif w != '--digest':
            out.append(w)
    return command + out


def each(check, skip=()):
    """Calls check(tmp, words, stdin, n) for the n-th audit case, whose files are in the folder tmp, but
    for those with one of the words in `skip`: what it returns is complained of; None: nothing was
    compared. Exits."""
    seen = failed = 0
    for name in run.all_cases():
        case = run.Case(name)
        words, stdin = case.command()
        if words[0] != 'audit' or any(w in skip for w in words):
            continue
        with tempfile.TemporaryDirectory() as tmp:
            shutil.copytree(case.folder, tmp, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns('expected*', '__pycache__'))
            os.mkdir(os.path.join(tmp, 'pcaps'))
            for word in words:
                if word.startswith('pcaps/'):
                    shutil.copy(os.path.join(run.ROOT, word), os.path.join(tmp, 'pcaps'))
            bad = check(tmp, words, stdin and os.path.join(tmp, stdin), seen)
        if bad is None:
            continue
        seen += 1
        failed += bool(bad)
        for b in bad:
            print('%s: %s' % (name, b))
    print('%d cases' % seen)
    sys.exit(1 if failed or seen < ENOUGH else 0)
