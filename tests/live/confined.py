#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A night under what contrib/systemd/spanaudit-report.service allows, where no systemd runs: another
user without any right, no network, a file system that is read-only but for the folder of reports, and
no system call that the unit's filter would refuse.

    confined.py SPANAUDIT SOURCE-ROOT

Needs root for the namespaces, and strace for the calls (the rest runs without).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
NOBODY = '65534'
SETUP = '''set -e
mount --make-rprivate /
mount --bind / "$ROOT"
mount -o remount,bind,ro "$ROOT"
mount --bind "$REPORTS" "$ROOT$REPORTS"
mount -t proc proc "$ROOT/proc"
cd "$ROOT"
exec chroot "$ROOT" setpriv --reuid=%s --regid=%s --clear-groups --no-new-privs --inh-caps=-all \\
    --ambient-caps=-all --bounding-set=-all prlimit --core=0 --nproc=64 "$@"
''' % (NOBODY, NOBODY)


def allowed():
    """What `SystemCallFilter=` of the unit comes to, as names; None where systemd cannot say."""
    def members(name, seen):
        p = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager', name],
                           capture_output=True, text=True)
        if p.returncode:
            return None
        out = set()
        for word in re.findall(r'^ {4}(@?[a-z0-9_-]+)$', p.stdout, re.M):
            out |= (members(word, seen) or set()) if word.startswith('@') else {word}
        return out
    if not shutil.which('systemd-analyze'):
        return None
    good = members('@system-service', set())
    if good is None:
        return None
    return good - members('@privileged', set()) - members('@resources', set())


def main():
    tool, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    missing = [w for w in ('unshare', 'setpriv', 'prlimit', 'chroot') if not shutil.which(w)]
    if os.geteuid() != 0 or missing:
        print('needs root, and %s' % (' '.join(missing) or 'its namespaces'))
        return SKIP
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        for name in ('captures', 'reports', 'root'):
            os.mkdir(os.path.join(tmp, name))
        os.chown(os.path.join(tmp, 'reports'), int(NOBODY), int(NOBODY))
        for name in ('lab.pcapng', 'lab-site.yaml'):
            to = os.path.join(tmp, 'captures' if name.endswith('ng') else '', name)
            shutil.copy(os.path.join(root, 'pcaps', name), to)
            os.chmod(to, 0o644)
        reports = os.path.join(tmp, 'reports')
        trace = os.path.join(reports, 'trace')
        env = dict(os.environ, ROOT=os.path.join(tmp, 'root'), REPORTS=reports,
                   SPANAUDIT_RULES_PATH=os.path.join(root, 'rules'),
                   ASAN_OPTIONS='detect_leaks=0', LC_ALL='C')
        command = [tool, 'nightly', '-q', '-S', os.path.join(tmp, 'lab-site.yaml'), '--reports',
                   reports, '--day', '2026-11-29', os.path.join(tmp, 'captures')]
        space = ['unshare', '--net', '--ipc', '--uts', '--mount', '--pid', '--fork', '--kill-child']
        probe = subprocess.run(space + ['sh', '-c', SETUP, 'sh', 'true'], env=env,
                               capture_output=True, text=True)
        if probe.returncode:
            print('no namespaces here: %s' % probe.stderr.strip())
            return SKIP
        # The cage holds: neither files elsewhere nor a network.
        for what, words in (('a file', ['touch', os.path.join(tmp, 'x')]),
                            ('a file in /etc', ['touch', '/etc/spanaudit-x']),
                            ('a right', ['chroot', '/'])):
            p = subprocess.run(space + ['sh', '-c', SETUP, 'sh'] + words, env=env,
                               capture_output=True, text=True)
            if p.returncode == 0:
                bad.append('%s can be had' % what)
        p = subprocess.run(space + ['sh', '-c', SETUP, 'sh'] + command, env=env,
                           capture_output=True, text=True)
        if p.returncode != 1:
            bad.append('ends with %d: %s' % (p.returncode, p.stderr))
        names = sorted(os.listdir(reports))
        if names != ['latest.html', 'spanaudit-2026-11-29.html', 'spanaudit-2026-11-29.json']:
            bad.append('files: %s' % names)
        good = allowed()
        if good and shutil.which('strace'):
            p = subprocess.run(space + ['sh', '-c', SETUP, 'sh', 'strace', '-f', '-qq', '-o', trace] +
                               command, env=env, capture_output=True, text=True)
            with open(trace, encoding='utf-8', errors='replace') as f:
                used = set(re.findall(r'^\d+\s+([a-z0-9_]+)\(', f.read(), re.M))
            # What the sanitizers of a development build ask for is not the program's.
            extra = used - good - {'prctl', 'personality', 'ptrace'}
            print('%d system calls, of which the filter refuses: %s' %
                  (len(used), ' '.join(sorted(extra)) or 'none'))
            if extra or not used:
                bad.append('system calls: %s' % sorted(extra))
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
