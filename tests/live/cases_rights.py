# SPDX-License-Identifier: BSD-2-Clause
"""What a run may do, and what a service manager hears of it."""

import json
import os
import shutil
import socket
import subprocess

from runs import ENV, Live, PATIENCE, ROOT, TOOL, USER, need, play, site, until


def status_of(proc):
    with open('/proc/%d/status' % proc.pid) as f:
        return dict(x.rstrip('\n').split(':\t', 1) for x in f if ':\t' in x)


def rights_gone(folder):
    """What the kernel says of the process, and of the files that it leaves."""
    closed = os.path.join(folder, 'closed')
    os.mkdir(closed, 0o700)
    path = os.path.join(closed, 'report.md')
    with Live(folder, '-i', 'a1', '-S', site('lab'), '-o', path) as live:
        status = status_of(live.proc)
        play('lab')
        live.until_read(1166)
        live.end()
    uid = int(subprocess.check_output(['id', '-u', USER]))
    need(status['Uid'].split() == [str(uid)] * 4, 'user: ' + status['Uid'])
    need('0' not in status['Gid'].split() and status['Groups'].split() != ['0'], 'groups')
    for cap in 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb':
        need(int(status[cap], 16) == 0, '%s: %s' % (cap, status[cap]))
    need(status['NoNewPrivs'] == '1', 'no_new_privs')
    if 'system calls filtered' in live.said():
        need(status['Seccomp'] == '2', 'seccomp')
    with open(path) as f:  # into a folder that nobody may write to
        need('NOT COMPLIANT' in f.read(), 'the report in a closed folder is whole')


def service(folder):
    """What systemd is told."""
    path = os.path.join(folder, 'notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        os.chmod(path, 0o666)
        s.settimeout(PATIENCE)
        env = {'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '4000000'}
        with Live(folder, '-i', 'a1', env=env) as live:
            need(s.recv(1000).startswith(b'READY=1\n'), 'READY first')
            need(b'WATCHDOG=1\n' in s.recv(1000), 'then signs of life')
            live.end()
            said = b''
            while b'STOPPING=1' not in said:
                said = s.recv(1000)


def as_a_service(folder):
    """With CAP_NET_RAW alone, as a unit gives it to a user, and without it afterwards."""
    copy = shutil.copy(TOOL, os.path.join(folder, 'tool'))  # the build folder may be closed to it
    os.chmod(copy, 0o755)
    args = ['setpriv', '--reuid', USER, '--clear-groups', '--inh-caps=-all,+net_raw',
            '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw', copy, 'live', '-q', '-i', 'a1',
            '--role', 'sql=10.44.2.20', '-a', 'duration:3', '-o', os.path.join(folder, 'r.json')]
    packs = os.path.join(folder, 'rules')
    shutil.copytree(os.path.join(ROOT, 'rules'), packs)
    proc = subprocess.Popen(args + ['--control', 'none', '--rules-dir', packs], env=ENV, stderr=subprocess.PIPE, text=True)
    status = {}
    until('it gave rights up', lambda: status.update(status_of(proc)) or status['Seccomp'] == '2' or
          proc.poll() is not None)
    play('lab')
    said = proc.communicate(timeout=PATIENCE)[1]
    need(proc.returncode in (0, 1, 4), 'exit code %d: %s' % (proc.returncode, said))
    for cap in 'CapInh', 'CapPrm', 'CapEff', 'CapAmb':
        need(int(status[cap], 16) == 0, '%s: %s' % (cap, status[cap]))
    need(status['NoNewPrivs'] == '1', 'no_new_privs')
    with open(os.path.join(folder, 'r.json')) as f:
        need(json.load(f)['coverage']['packets'] == 1166, 'all was read')
