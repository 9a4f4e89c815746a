#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""promtool.py: the metrics of audits, as Prometheus itself reads them (promtool check metrics, of the
Debian package prometheus). Skips without it."""

import shutil
import subprocess
import sys

import run

AUDITS = (['--site', 'pcaps/lab-site.yaml', 'pcaps/lab.pcapng'],
          ['--site', 'pcaps/sample-site.yaml', 'pcaps/sample.pcap'],
          ['pcaps/sample.pcap'])


def main():
    promtool = shutil.which('promtool')
    if not promtool:
        print('promtool is not there: apt-get install prometheus')
        return run.SKIP
    bad = 0
    for words in AUDITS:
        code, metrics, err = run.call(['audit', '--format', 'prom'] + words,
                                      run.ROOT)
        p = subprocess.run([promtool, 'check', 'metrics'], input=metrics, capture_output=True)
        if code not in (0, 1, 4) or p.returncode or p.stdout or p.stderr:
            print('%s: %d, %d: %s%s%s' % (' '.join(words), code, p.returncode, err.decode(),
                                          p.stdout.decode(), p.stderr.decode()))
            bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
