#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real domain controller, real members and a firewall between them: recorded, and audited.

    lab.py              records, then checks the audit against what was done (lab_check.py)
    lab.py --out DIR    also leaves lab.pcapng, lab-deeds.json and the servers' logs there

SPANAUDIT names the tool. Exit code 77 when the machine lacks root, a program or namespaces.

    pc17     10.44.5.17 --+
    pc18     10.44.5.18 --+
    crmweb01 10.44.1.11 --+          sensor: what comes in, and what the router says itself
    sql01    10.44.2.20 --+-- router
    dc01     10.44.3.10 --+   (nftables; other time to live than the hosts)
    mail01   10.44.4.25 --+          each also in fd5c:31e8:44:N::/64

    dc01      Samba as an Active Directory domain controller, chrony
    crmweb01  nginx on 5555 (HTTP) and 443 (HTTPS): paths of CRM's, behind an integrated login
    sql01     a listener that answers TDS PRELOGIN on 1433, a web page on 8080
    mail01    Dovecot (POP3), OpenSMTPD

Everything runs in process, mount and network namespaces of its own, on file systems in memory. When
the first process in there ends, by itself, by ^C or by being killed, the kernel ends all others and
takes the rest away. Nothing of it can be seen from outside, and no packet can leave.
"""

import argparse
import base64
import contextlib
import datetime
import glob
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

SKIP = 77
LIMIT = 240        # seconds, for everything
PATIENCE = 20      # for a deed, or a server to come up
INSIDE = 'SPANAUDIT_LAB'
W = '/run/lab'     # in memory, inside
PYTHON = '/usr/bin/python3'  # Debian's own, for python3-samba
REALM, DOMAIN, PASSWORD = 'CORP.EXAMPLE', 'CORP', 'Example-4711'
SITE = 'crm.corp.example'
USER = 'Administrator%' + PASSWORD

# program -> Debian package
NEEDS = {
    'unshare': 'util-linux', 'setpriv': 'util-linux', 'ip': 'iproute2', 'nft': 'nftables',
    'ethtool': 'ethtool', 'dumpcap': 'wireshark-common', 'reordercap': 'wireshark-common',
    'samba': 'samba', 'samba-tool': 'samba-common-bin',
    'smbclient': 'smbclient', 'rpcclient': 'smbclient', 'nmblookup': 'samba-common-bin',
    'chronyd': 'chrony', 'nginx': 'nginx-light', 'dovecot': 'dovecot-pop3d',
    'smtpd': 'opensmtpd', 'kinit': 'krb5-user', 'ldapsearch': 'ldap-utils',
    'dig': 'bind9-dnsutils', 'openssl': 'openssl', 'curl': 'curl', 'hostname': 'hostname',
}
PATTERNS = {
    '/usr/share/samba/setup/provision.ldif': 'samba-ad-provision',
    '/usr/lib/python3/dist-packages/samba/dcerpc/__init__.py': 'python3-samba',
    '/usr/lib/*/samba/ldb/samba_dsdb.so': 'samba-dsdb-modules',
}

NET = {'web': 1, 'sql': 2, 'dc': 3, 'mail': 4, 'pc': 5}
HOST = {'web': ('crmweb01', 11), 'sql': ('sql01', 20), 'dc': ('dc01', 10), 'mail': ('mail01', 25),
        'pc': ('pc17', 17)}
# Another user: a host of the first one's network, on a wire of its own.
SECOND = {'pc2': ('pc', 'pc18', 18)}
# Ports that the domain controller gives its interfaces; the rest share the first of the range.
PORTS = {'lsarpc': 49664, 'drsuapi': 49680, 'samr': 49681, 'netlogon': 49682,
         'dnsserver': 49683, 'backupkey': 49684, 'unixinfo': 49685}

# dc01 as sql01 sees it, behind a firewall that knows of 135 alone; mail01 as crmweb01 sees it.
FIREWALL = """
define SQL = 10.44.2.20
define SQL6 = fd5c:31e8:44:2::20
table inet filter {
	chain forward {
		type filter hook forward priority 0
		ip saddr $SQL tcp dport 49682 drop
		ip6 saddr $SQL6 tcp dport 49682 drop
		ip saddr $SQL tcp dport 49681 reject with tcp reset
		ip saddr $SQL tcp dport 49664 reject with icmp type admin-prohibited
		ip6 saddr $SQL6 tcp dport 49680 reject with icmpv6 type admin-prohibited
		ip saddr 10.44.1.11 tcp dport 25 drop
	}
}
"""
# A granted port that is closed on the machine itself: its own stack answers with RST.
CLOSED = """
table inet nat {
	chain pre {
		type nat hook prerouting priority -100
		ip saddr 10.44.2.20 tcp dport 49680 redirect to :9
	}
}
"""


def place(who):
    """Number of its network, name, number of the host."""
    net, *host = SECOND.get(who) or (who, *HOST[who])
    return NET[net], *host


def v4(who):
    n, _, h = place(who)
    return '10.44.%d.%d' % (n, h)


def v6(who):
    n, _, h = place(who)
    return 'fd5c:31e8:44:%d::%d' % (n, h)


class Failed(Exception):
    pass


# Outside -----------------------------------------------------------------------------------------

def lacking():
    """What is not there, by package; '' when all is."""
    if os.geteuid() != 0:
        return 'root is needed to make namespaces'
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    missing = {p for c, p in NEEDS.items() if not shutil.which(c, path=path)}
    missing |= {p for f, p in PATTERNS.items() if not glob.glob(f)}
    if missing:
        return 'missing Debian packages: apt-get install --no-install-recommends %s' \
            % ' '.join(sorted(missing))
    if subprocess.run(NAMESPACES + ['true'], capture_output=True).returncode:
        return 'this machine lets nobody make namespaces'
    return ''


NAMESPACES = ['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--net', '--ipc',
              '--uts', '--kill-child=KILL', '--mount-proc']


def outside(out):
    """Runs inside() behind namespaces and hands back its exit code."""
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE='1', **{INSIDE: out})
    env['PATH'] = env.get('PATH', '/usr/bin') + ':/usr/sbin:/sbin'
    proc = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL'] + NAMESPACES
                            + [sys.executable, os.path.abspath(__file__)], env=env,
                            stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(*_):
        proc.kill()  # the kernel ends what is in there with it

    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, stop)
    try:
        code = proc.wait(LIMIT)
        if code < 0:
            print('lab.py: stopped')
        return 1 if code < 0 else code
    except subprocess.TimeoutExpired:
        print('lab.py: not done after %d seconds' % LIMIT)
        return 1
    finally:
        stop()
        proc.wait()


# Inside: the network -----------------------------------------------------------------------------

def do(*words, **kw):
    p = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60, **kw)
    if p.returncode:
        raise Failed('%s: exit code %d\n%s' % (' '.join(words), p.returncode, p.stdout))
    return p.stdout


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def private_files():
    """Memory over what programs write to: none of it is the machine's."""
    do('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run')
    do('cp', '-a', '/etc', '/run/etc')
    do('mount', '--bind', '/run/etc', '/etc')
    do('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/var')
    os.symlink('/run', '/var/run')
    os.makedirs('/run/samba')
    for d, mode in (('lib/samba/private', 0o700), ('lib/nginx', 0o755), ('lib/dovecot', 0o755),
                    ('lib/opensmtpd/empty', 0o755),
                    ('cache/samba', 0o755), ('log/samba', 0o755), ('mail', 0o755), ('tmp', 0o1777),
                    ('spool/smtpd', 0o711)):
        os.makedirs('/var/' + d)
        os.chmod('/var/' + d, mode)
    os.makedirs('/run/netns')
    if os.path.islink('/etc/resolv.conf') or not os.path.exists('/etc/resolv.conf'):
        with contextlib.suppress(FileNotFoundError):
            os.unlink('/etc/resolv.conf')
        put('/etc/resolv.conf', '')


def network():
    """The lab's outermost network namespace is the router."""
    do('ip', 'link', 'set', 'lo', 'up')
    sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1',
           'net.ipv4.conf.all.send_redirects=0', 'net.ipv4.ip_default_ttl=255',
           'net.ipv6.conf.default.hop_limit=255', 'net.ipv6.conf.all.hop_limit=255',
           'net.ipv6.conf.default.accept_dad=0')
    hosts = ['127.0.0.1 localhost']
    hosts += ['%s %s.%s %s' % (v4(w), HOST[w][0], REALM.lower(), HOST[w][0]) for w in NET]
    hosts += ['%s %s-six.%s' % (v6(w), HOST[w][0], REALM.lower()) for w in NET]
    put('/etc/hosts', '\n'.join(hosts) + '\n')
    for who in (*NET, *SECOND):
        do('ip', 'netns', 'add', who)
        put('/etc/netns/%s/resolv.conf' % who, 'search %s\nnameserver %s\n'
            'options timeout:2 attempts:1\n' % (REALM.lower(), v4('dc')))
        # Other hosts than Linux's 64 hops, as in the deployments that this is about.
        sysctl('net.ipv4.ip_default_ttl=128', 'net.ipv6.conf.default.hop_limit=128',
               'net.ipv6.conf.all.hop_limit=128', 'net.ipv6.conf.default.accept_dad=0',
               'net.ipv6.conf.default.router_solicitations=0', netns=who)
        n, second = place(who)[0], who in SECOND
        do('ip', 'link', 'add', who, 'address', '02:00:5e:44:%02x:01' % n, 'type', 'veth',
           'peer', 'name', 'eth0', 'address', '02:00:5e:44:%02x:%02x' % (n, 3 if second else 2),
           'netns', who)
        # To the router a second host of a network is one address; the host knows nothing of that.
        do('ip', 'addr', 'add', '10.44.%d.1/%d' % (n, 32 if second else 24), 'dev', who)
        do('ip', 'addr', 'add', 'fd5c:31e8:44:%d::1/%d' % (n, 128 if second else 64), 'dev', who,
           'nodad')
        do('ip', '-n', who, 'addr', 'add', v4(who) + '/24', 'dev', 'eth0')
        do('ip', '-n', who, 'addr', 'add', v6(who) + '/64', 'dev', 'eth0', 'nodad')
        # Real wires carry whole checksums and no segments of 64 KiB.
        for where in ([], ['ip', 'netns', 'exec', who]):
            do(*where, 'ethtool', '-K', 'eth0' if where else who, 'tx', 'off', 'tso', 'off',
               'gso', 'off', 'gro', 'off')
        do('ip', 'link', 'set', who, 'up')
        if second:
            do('ip', 'route', 'add', v4(who), 'dev', who)
            do('ip', '-6', 'route', 'add', v6(who), 'dev', who)
        do('ip', '-n', who, 'link', 'set', 'lo', 'up')
        do('ip', '-n', who, 'link', 'set', 'eth0', 'up')
        do('ip', '-n', who, 'route', 'add', 'default', 'via', '10.44.%d.1' % n)
        do('ip', '-n', who, '-6', 'route', 'add', 'default', 'via', 'fd5c:31e8:44:%d::1' % n)
    do('nft', '-f', put(W + '/firewall', FIREWALL))
    do('ip', 'netns', 'exec', 'dc', 'nft', '-f', put(W + '/closed', CLOSED))


def sysctl(*words, netns=None):
    do(*(['ip', 'netns', 'exec', netns] if netns else []), 'sysctl', '-qw', *words)


# Inside: servers ---------------------------------------------------------------------------------

def start(who, log, *words):
    with open('%s/log/%s' % (W, log), 'w', encoding='utf-8') as f:
        return subprocess.Popen((['ip', 'netns', 'exec', who] if who else []) + list(words),
                                stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)


def until_up(who, *ports):
    """Waits until the namespace listens on these TCP ports."""
    end = time.monotonic() + PATIENCE
    while True:
        text = do('ip', 'netns', 'exec', who, 'ss', '-Hltn')
        heard = {line.split()[3].rsplit(':', 1)[1] for line in text.splitlines()}
        late = [p for p in ports if str(p) not in heard]
        if not late:
            return
        if time.monotonic() > end:
            raise Failed('%s does not listen on %s after %d seconds' % (who, late, PATIENCE))
        time.sleep(0.2)


def domain_controller():
    t = W + '/dc'
    os.makedirs(t)
    options = {'posix:eadb': t + '/eadb.tdb', 'interfaces': 'lo eth0',
               'bind interfaces only': 'yes'}
    log = do('ip', 'netns', 'exec', 'dc', 'samba-tool', 'domain', 'provision', '--targetdir=' + t,
             '--realm=' + REALM, '--domain=' + DOMAIN, '--server-role=dc',
             '--dns-backend=SAMBA_INTERNAL', '--host-name=dc01', '--host-ip=' + v4('dc'),
             '--host-ip6=' + v6('dc'), '--adminpass=' + PASSWORD,
             *('--option=%s=%s' % o for o in options.items()))
    put(W + '/log/provision', log)
    # Nobody to ask for names outside, no updates of its own records, ports that can be told apart.
    with open(t + '/etc/smb.conf', encoding='utf-8') as f:
        lines = [line for line in f if 'dns forwarder' not in line]
    more = ['dns update command = /bin/true', 'spn update command = /bin/true',
            'rpc server dynamic port range = 49664-49700', 'load printers = no', 'log level = 1']
    more += ['rpc server port:%s = %d' % (i, p) for i, p in PORTS.items() if i != 'lsarpc']
    at = lines.index('[global]\n') + 1
    lines[at:at] = ['\t%s\n' % m for m in more]
    put(t + '/etc/smb.conf', ''.join(lines))
    # Tickets for the web site are for the account that it runs as.
    for words in (['user', 'create', 'crmweb', PASSWORD], ['spn', 'add', 'HTTP/' + SITE, 'crmweb']):
        do('ip', 'netns', 'exec', 'dc', 'samba-tool', *words, '-s', t + '/etc/smb.conf')
    start('dc', 'dc01', 'samba', '-i', '-M', 'single', '--debug-stdout', '-s', t + '/etc/smb.conf')
    conf = put(W + '/chrony.conf', 'local stratum 8\nallow all\ncmdport 0\n'
               'driftfile %s/drift\npidfile %s/chronyd.pid\n' % (W, W))
    start('dc', 'chrony', 'chronyd', '-x', '-d', '-u', 'root', '-f', conf)


def ntlm_challenge():
    """MS-NLMP 2.2.1.2: Unicode, NTLM, a target name and its list of names."""
    def name(i, text):
        text = text.encode('utf-16-le')
        return struct.pack('<HH', i, len(text)) + text

    target = DOMAIN.encode('utf-16-le')
    info = name(2, DOMAIN) + name(1, 'CRMWEB01') + name(4, REALM.lower()) \
        + name(3, 'crmweb01.' + REALM.lower()) + bytes(4)
    return base64.b64encode(struct.pack(
        '<8sIHHIIQQHHI', b'NTLMSSP', 2, len(target), len(target), 48, 0x00818205,
        0x8877665544332211, 0, len(info), len(info), 48 + len(target)) + target + info).decode()


# What CRM answers where, as far as it matters here: type, and what is in it.
PATHS = {
    '/CRM/main.aspx': ('text/html', '<html><head><title>Accounts</title></head></html>'),
    '/CRM/_static/_common/scripts/Global.js': ('application/x-javascript', 'var Mscrm;'),
    '/XRMServices/2011/Discovery.svc': ('text/xml', '<wsdl:definitions/>'),
    '/CRM/XRMServices/2011/Organization.svc': ('text/xml', '<wsdl:definitions/>'),
    '/CRM/XRMServices/2011/Organization.svc/web': ('text/xml', '<s:Envelope/>'),
    '/CRM/api/data/v8.2/WhoAmI': ('application/json', '{}'),
}


def crm_paths():
    """Behind a login as IIS has it, but that nobody looks at what is offered: a list of schemes, with
    NTLM a challenge, then the page. Kerberos takes one request."""
    asks = ''.join('if ($login = %s) {\nadd_header WWW-Authenticate "%s" always;\nreturn 401;\n}\n'
                   % row for row in (('none', 'NTLM'), ('begun', 'NTLM ' + ntlm_challenge())))
    return ''.join('location = %s {\ndefault_type %s;\n%sreturn 200 "%s";\n}\n'
                   % (path, kind, asks, content) for path, (kind, content) in PATHS.items())


def web_server():
    do('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
       '-nodes', '-days', '2', '-subj', '/CN=' + SITE, '-keyout', W + '/key.pem',
       '-out', W + '/cert.pem')
    put(W + '/www/main.aspx', '<html><body>CRM</body></html>\n')
    conf = put(W + '/nginx.conf', """
user root;
daemon off;
worker_processes 1;
pid %(w)s/nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	map $http_authorization $login {
		default none;
		"~^NTLM TlRMTVNTUAAB" begun;
		"~^NTLM TlRMTVNTUAAD" done;
		"~^Negotiate YI" done;
	}
	server {
		listen 5555;
		listen [::]:5555;
		listen 443 ssl;
		listen [::]:443 ssl;
		ssl_certificate %(w)s/cert.pem;
		ssl_certificate_key %(w)s/key.pem;
		root %(w)s/www;
%(paths)s
	}
}
""" % {'w': W, 'paths': crm_paths()})
    start('web', 'nginx', 'nginx', '-c', conf)


def mail_server():
    home = W + '/mailbox'
    os.makedirs(home)
    conf = put(W + '/dovecot.conf', """
protocols = pop3
base_dir = /run/dovecot
log_path = /dev/stderr
ssl = no
disable_plaintext_auth = no
mail_location = maildir:%(home)s
first_valid_uid = 0
service pop3-login {
	inet_listener pop3 {
		port = 110
	}
	inet_listener pop3s {
		port = 0
	}
}
passdb {
	driver = static
	args = password=%(password)s
}
userdb {
	driver = static
	args = uid=mail gid=mail home=%(home)s
}
""" % {'home': home, 'password': PASSWORD})
    os.makedirs(W + '/incoming')
    for d in (home, W + '/incoming'):
        shutil.chown(d, 'mail', 'mail')
    start('mail', 'dovecot', 'dovecot', '-F', '-c', conf)
    conf = put(W + '/smtpd.conf', """
table everybody { "@" = mail }
listen on eth0 port 25 hostname mail01.corp.example
action "keep" maildir "%s/incoming" virtual <everybody>
match from any for domain "corp.example" action "keep"
""" % W)
    start('mail', 'smtpd', 'smtpd', '-d', '-f', conf)


def servers():
    os.makedirs(W + '/log', exist_ok=True)
    client = W + '/client'
    os.makedirs(client)
    put('/etc/samba/smb.conf', '[global]\nworkgroup = %s\nrealm = %s\n' % (DOMAIN, REALM)
        + ''.join('%s = %s\n' % (d, client) for d in (
            'private dir', 'lock directory', 'state directory', 'cache directory',
            'pid directory')))
    put('/etc/krb5.conf', """[libdefaults]
default_realm = %s
dns_lookup_realm = false
dns_lookup_kdc = true
rdns = false
udp_preference_limit = 1
[domain_realm]
.corp.example = %s
""" % (REALM, REALM))
    put('/etc/ldap/ldap.conf', 'TLS_REQCERT never\n')
    domain_controller()
    web_server()
    mail_server()
    for verb, port in (('tds', 1433), ('http', 8080)):
        start('sql', verb, PYTHON, HERE + '/lab_servers.py', verb, str(port))
    until_up('dc', 53, 88, 135, 139, 389, 445, 464, 636, 3268, 3269, *PORTS.values())
    until_up('web', 5555, 443)
    until_up('mail', 25, 110)
    until_up('sql', 1433, 8080)


# Inside: the sensor ------------------------------------------------------------------------------

@contextlib.contextmanager
def sensor(path):
    """What comes in at each leg of the router, and what the router says itself."""
    words = ['dumpcap', '-q', '-n', '-w', path]
    for who in (*NET, *SECOND):
        mac = '02:00:5e:44:%02x:01' % place(who)[0]
        words += ['-i', who, '-f',
                  '(ip or ip6) and (not ether src %s or ip[8] = 255 or (ip6 and ip6[7] = 255 '
                  'and not (ip6[6] = 58 and ip6[40] >= 133 and ip6[40] <= 137)))' % mac]
    proc = start(None, 'dumpcap', *words)
    end = time.monotonic() + PATIENCE
    while not (os.path.exists(path) and os.path.getsize(path)):
        if proc.poll() is not None or time.monotonic() > end:
            with open(W + '/log/dumpcap', encoding='utf-8') as f:
                raise Failed('dumpcap did not start:\n' + f.read())
        time.sleep(0.1)
    time.sleep(1)
    yield
    time.sleep(1.5)
    proc.send_signal(signal.SIGINT)
    proc.wait(PATIENCE)


# Main --------------------------------------------------------------------------------------------

def stamp(t):
    utc = datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
    return utc.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def plain(source, target):
    """A pcapng file without what it says of this machine: processor and system."""
    drop = {0x0a0d0d0a: (16, (2, 3)), 1: (8, (12, 15))}  # block -> fixed part, option codes
    with open(source, 'rb') as f:
        data = f.read()
    out, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from('<II', data, at)
        block = data[at + 8:at + length - 4]
        at += length
        if kind in drop:
            fixed, codes = drop[kind]
            keep, o = [block[:fixed]], fixed
            while o < len(block):
                code, n = struct.unpack_from('<HH', block, o)
                size = 4 + (n + 3) // 4 * 4
                if code not in codes:
                    keep.append(block[o:o + size])
                o += size
            block = b''.join(keep)
        out.append(struct.pack('<II', kind, len(block) + 12) + block
                   + struct.pack('<I', len(block) + 12))
    with open(target, 'wb') as f:
        f.write(b''.join(out))


def inside(out):
    import lab_deeds
    private_files()
    os.makedirs(W + '/log')
    code = 1
    try:
        began = time.monotonic()
        network()
        servers()
        print('lab.py: network and servers are up after %.1f s' % (time.monotonic() - began))
        sys.stdout.flush()
        with sensor(W + '/lab.pcapng'):
            deeds = lab_deeds.all_of_them()
        # dumpcap writes its interfaces one after the other
        do('reordercap', W + '/lab.pcapng', W + '/sorted.pcapng')
        put(W + '/lab-deeds.json', lab_deeds.as_json(deeds))
        plain(W + '/sorted.pcapng', out + '/lab.pcapng')
        shutil.copyfile(W + '/lab-deeds.json', out + '/lab-deeds.json')
        print('lab.py: %d deeds in %.1f s' % (len(deeds), time.monotonic() - began))
        code = 0
    except Failed as e:
        print('lab.py: %s' % e)
    finally:
        shutil.copytree('/var/log', out + '/log', dirs_exist_ok=True)
        shutil.copytree(W + '/log', out + '/log', dirs_exist_ok=True)
    return code


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--out', help='folder for the recording, the deeds and the logs')
    o = ap.parse_args()
    if INSIDE in os.environ:
        return inside(os.environ[INSIDE])
    why = lacking()
    if why:
        print('skipped: %s' % why)
        return SKIP
    import tempfile
    import lab_check
    with tempfile.TemporaryDirectory(prefix='spanaudit-lab.') as tmp:
        out = os.path.abspath(o.out or tmp)
        os.makedirs(out, exist_ok=True)
        code = outside(out)
        if code:
            print('lab.py: the logs are %s'
                  % ('in %s/log' % out if o.out else 'kept with --out DIR'))
            return code
        return lab_check.check(os.path.join(out, 'lab.pcapng'),
                               os.path.join(out, 'lab-deeds.json'))


if __name__ == '__main__':
    import lab  # once, for lab_deeds.py too
    sys.exit(lab.main())
