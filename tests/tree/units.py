#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Units before systemd's own judges, without a running systemd: each is understood, and gives away
no more than 1.5 of 10.

    units.py SPANAUDIT UNIT...

The tool is put where the unit says that it is installed, since `verify` looks for it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
MOST = 1.5


def call(*words, **kw):
    p = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, LC_ALL='C'), **kw)
    return p.returncode, p.stdout + p.stderr


def main():
    tool, units = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not shutil.which('systemd-analyze'):
        print('systemd-analyze is not there: apt-get install systemd')
        return SKIP
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        paths = []
        for unit in units:
            with open(unit) as f:
                text = f.read()
            paths.append(os.path.join(tmp, os.path.basename(unit)))
            with open(paths[-1], 'w') as f:
                f.write(re.sub(r'(?m)^(ExecStart=)\S+/spanaudit', r'\g<1>' + tool, text))
        for path in paths:
            name = os.path.basename(path)
            code, said = call('systemd-analyze', 'verify', '--man=no', path, cwd=tmp)
            # Other units of the machine are not ours.
            said = [line for line in said.splitlines() if 'spanaudit' in line]
            if code or said:
                print('%s: %s' % (name, ' / '.join(said) or 'verify ends with %d' % code))
                bad += 1
            if not name.endswith('.service'):
                continue
            code, said = call('systemd-analyze', 'security', '--offline=true', '--no-pager', path)
            score = re.search(r'exposure level for \S+: ([0-9.]+)', said)
            print('%s: exposure %s' % (name, score and score.group(1)))
            if not score or float(score.group(1)) > MOST:
                print(said)
                bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
