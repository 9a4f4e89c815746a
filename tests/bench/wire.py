# SPDX-License-Identifier: BSD-2-Clause
"""The wire of benchmarks: a veth pair, a0 and a1, in a network namespace that ends with the program."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SKIP, INSIDE = 77, 'SPANAUDIT_BENCH_WIRE'


def pair():
    """Nothing but what is sent is on it: no IPv6, which talks by itself."""
    for x in 'all', 'default':
        with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % x, 'w') as f:
            f.write('1')
    subprocess.run(['ip', 'link', 'add', 'a0', 'type', 'veth', 'peer', 'name', 'a1'], check=True)
    for end in 'a0', 'a1':
        subprocess.run(['ip', 'link', 'set', end, 'up'], check=True)


def sender(tmp, kind, packets):
    """Builds what sends; -> the program, and a capture of that kind of gen.c."""
    gen, send, capture = (os.path.join(tmp, x) for x in ('gen', 'send', 'capture'))
    for program in gen, send:
        subprocess.run(['cc', '-O2', '-D_GNU_SOURCE', '-o', program,
                        os.path.join(HERE, os.path.basename(program) + '.c')], check=True)
    with open(capture, 'wb') as f:
        subprocess.run([gen, kind, str(packets)], stdout=f, check=True)
    return send, capture


def run(inside, *needs):
    """Calls inside(SPANAUDIT, ARGUMENT...) with the pair there; -> the exit code, 77 when something is missing."""
    missing = [x for x in ('ip', 'cc', 'unshare') + needs if not shutil.which(x)]
    if os.geteuid() != 0 or missing:
        print('skipped: needs root, and %s' % (' '.join(missing) or 'network namespaces'))
        return SKIP
    if os.environ.get(INSIDE):
        pair()
        return inside(os.path.abspath(sys.argv[1]), *sys.argv[2:])
    env = dict(os.environ, **{INSIDE: '1'})
    env.setdefault('SPANAUDIT_RULES_PATH', os.path.join(os.path.dirname(os.path.dirname(HERE)), 'rules'))
    return subprocess.run(['unshare', '--net', '--mount', sys.executable, *sys.argv], env=env).returncode
