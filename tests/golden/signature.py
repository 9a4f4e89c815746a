#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The two commands of spanaudit-nightly(7) that sign a report and check it, as they stand there, and
that another page does not pass."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import run  # noqa: E402


def main():
    if not shutil.which('signify-openbsd'):
        print('signify-openbsd is not there: apt-get install signify-openbsd')
        return run.SKIP
    with open(os.path.join(run.ROOT, 'man', 'spanaudit-nightly.7.scd')) as f:
        page = f.read()
    commands = re.findall(r'^\tsignify-openbsd (-[GSV].*)$', page, re.M)
    if len(commands) != 3:
        print('%d commands in the page' % len(commands))
        return 1
    with tempfile.TemporaryDirectory() as tmp:
        name = re.search(r'-m (\S+\.html)', commands[1]).group(1)
        run.call(['audit', '-q', '--site', os.path.join(run.ROOT, 'pcaps', 'lab-site.yaml'), '-o', name,
                  os.path.join(run.ROOT, 'pcaps', 'lab.pcapng')], tmp)
        for number, line in enumerate(commands):
            words = ['signify-openbsd'] + line.split()
            if number == 0:
                words.append('-n')  # no passphrase, since nobody is there to type it
            p = subprocess.run(words, cwd=tmp, capture_output=True, text=True)
            if p.returncode:
                print('%s: %s' % (' '.join(words), p.stderr))
                return 1
        with open(os.path.join(tmp, name), 'ab') as f:
            f.write(b'<!-- -->\n')
        p = subprocess.run(words, cwd=tmp, capture_output=True, text=True)
        if p.returncode == 0:
            print('an altered page passes')
            return 1
    print('signed, checked, and refused when altered')
    return 0


if __name__ == '__main__':
    sys.exit(main())
