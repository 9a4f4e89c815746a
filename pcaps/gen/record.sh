#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Records recorded.pcap: real servers of Debian packages, between network namespaces of this
# machine. Nothing leaves them, and everything that is started is stopped at the end.
#
#   user 10.30.4.17 --+
#                     |            sensor here
#   dc01 10.20.3.10 --+-- router ---------------- crmweb01 10.20.1.11
#                     |   (nftables)
#   data 10.20.2.20 --+   sql01, ssrs01 (.21), crmsbx01 (.13): addresses of one machine
#
#   dc01      Samba as an Active Directory domain controller (DNS, LDAP, Kerberos, SMB, endpoint
#             mapper and its RPC servers), chrony
#   crmweb01  nginx on 5555 (HTTP) and 443 (HTTPS); OpenSSH
#   data      OpenSSH on 22, and nothing else
#   router    drops 1433 to sql01, answers 80 to ssrs01 with RST, 3268 to dc01 with ICMP
#
# Needs root and: iproute2 nftables tcpdump samba samba-ad-provision smbclient ldap-utils krb5-user
# bind9-dnsutils chrony nginx-light openssh-server openssl curl
#
#   sh pcaps/gen/record.sh OUT.pcap

set -eu

out=${1:?usage: record.sh OUT.pcap}
t=$(mktemp -d /tmp/record.XXXXXX)
chmod 755 "$t"
pids=
names='rr rw rd rq ru'

finish() {
	set +e
	for p in $pids; do kill "$p" 2>/dev/null; done
	sleep 1
	for p in $pids; do kill -9 "$p" 2>/dev/null; done
	for n in $names; do
		for p in $(ip netns pids "span-$n" 2>/dev/null); do kill -9 "$p" 2>/dev/null; done
		ip netns del "span-$n" 2>/dev/null
	done
	rm -rf "$t"
}
trap finish EXIT
trap 'exit 1' INT TERM

in_ns() {
	ns=span-$1
	shift
	ip netns exec "$ns" "$@"
}
start() {
	in_ns "$@" >>"$t/log" 2>&1 &
	pids="$pids $!"
}
# A step may fail, that is the point of some; but none may hang.
try() {
	ns=span-$1
	shift
	timeout 20 ip netns exec "$ns" "$@" >>"$t/log" 2>&1 </dev/null || true
}

# The network: one router, four legs.
for n in $names; do
	ip netns add "span-$n"
	in_ns "$n" ip link set lo up
	in_ns "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
in_ns rr sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv4.conf.all.send_redirects=0
leg() { # namespace, network, IPv6 network, addresses
	n=$1 net=$2 net6=$3
	shift 3
	ip link add "span-$n" type veth peer name "peer-$n"
	ip link set "span-$n" netns span-rr
	ip link set "peer-$n" netns "span-$n" name eth0
	in_ns rr ip link set "span-$n" up
	in_ns rr ip addr add "$net.1/24" dev "span-$n"
	in_ns rr ip addr add "$net6::1/64" dev "span-$n"
	in_ns "$n" ip link set eth0 up
	for a in "$@"; do in_ns "$n" ip addr add "$a" dev eth0; done
	in_ns "$n" ip route add default via "$net.1"
	in_ns "$n" ip -6 route add default via "$net6::1"
}
leg rw 10.20.1 2001:db8:20:1 10.20.1.11/24 2001:db8:20:1::11/64
leg rd 10.20.3 2001:db8:20:3 10.20.3.10/24 2001:db8:20:3::10/64
leg rq 10.20.2 2001:db8:20:2 10.20.2.20/24 10.20.2.21/24 10.20.2.13/24 2001:db8:20:2::20/64
leg ru 10.30.4 2001:db8:30:4 10.30.4.17/24 2001:db8:30:4::17/64

in_ns rr nft -f - <<'RULES'
table inet filter {
	chain forward {
		type filter hook forward priority 0;
		ip daddr 10.20.2.20 tcp dport 1433 drop
		ip daddr 10.20.2.21 tcp dport 80 reject with tcp reset
		ip daddr 10.20.3.10 tcp dport 3268 reject with icmp type admin-prohibited
	}
}
RULES

# The domain controller.
mkdir -p "$t/dc/run"
samba-tool domain provision --targetdir="$t/dc" --realm=CORP.EXAMPLE --domain=CORP \
	--server-role=dc --dns-backend=SAMBA_INTERNAL --host-name=dc01 --host-ip=10.20.3.10 \
	--host-ip6=2001:db8:20:3::10 --adminpass='Example-4711' --use-rfc2307 \
	--option="posix:eadb=$t/dc/eadb.tdb" --option="interfaces=lo eth0" \
	--option="pid directory=$t/dc/run" --option="ncalrpc dir=$t/dc/run/ncalrpc" \
	--option="winbindd socket directory=$t/dc/run/winbindd" \
	--option="ntp signd socket directory=$t/dc/run/ntp" >>"$t/log" 2>&1
start rd samba -i -M single -s "$t/dc/etc/smb.conf" \
	--option="dns update command=/bin/true" --option="spn update command=/bin/true"
cat >"$t/chrony.conf" <<CONF
local stratum 8
allow all
cmdport 0
driftfile $t/drift
pidfile $t/chronyd.pid
CONF
start rd chronyd -x -d -u root -f "$t/chrony.conf"

# The web server.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=crm.corp.example \
	-keyout "$t/key.pem" -out "$t/cert.pem" >>"$t/log" 2>&1
mkdir -p "$t/www"
echo '<html><body>CRM</body></html>' >"$t/www/main.aspx"
cat >"$t/nginx.conf" <<CONF
user root;
daemon off;
worker_processes 1;
pid $t/nginx.pid;
error_log $t/nginx.log;
events {}
http {
	access_log off;
	server {
		listen 5555;
		listen [::]:5555;
		listen 443 ssl;
		listen [::]:443 ssl;
		ssl_certificate $t/cert.pem;
		ssl_certificate_key $t/key.pem;
		root $t/www;
	}
}
CONF
start rw nginx -c "$t/nginx.conf"
ssh-keygen -q -t ed25519 -N '' -f "$t/host" </dev/null
mkdir -p /run/sshd
for n in rw rq; do
	start "$n" /usr/sbin/sshd -D -e -f /dev/null -h "$t/host" -o "PidFile=$t/sshd-$n.pid" \
		-o UsePAM=no
done

# The client side of the web server.
cat >"$t/krb5.conf" <<CONF
[libdefaults]
default_realm = CORP.EXAMPLE
dns_lookup_realm = false
dns_lookup_kdc = false
rdns = false
udp_preference_limit = 1
[realms]
CORP.EXAMPLE = {
	kdc = 10.20.3.10
}
[domain_realm]
.corp.example = CORP.EXAMPLE
CONF
cat >"$t/client.conf" <<CONF
[global]
workgroup = CORP
realm = CORP.EXAMPLE
private dir = $t
lock directory = $t
state directory = $t
cache directory = $t
CONF
sleep 8

in_ns rr tcpdump -q -i span-rw -U -B 8192 -w "$t/out.pcap" 'ip or ip6' 2>>"$t/log" &
dump=$!
sleep 2

# What a web server does towards its domain controller.
try rw dig +tries=1 +time=3 @10.20.3.10 _ldap._tcp.dc._msdcs.corp.example SRV
try rw dig +tries=1 +time=3 @2001:db8:20:3::10 dc01.corp.example AAAA
try rw dig +tcp +tries=1 +time=3 @10.20.3.10 corp.example SOA
try rw chronyd -Q -x -t 6 -u root -f /dev/null 'server 10.20.3.10 iburst maxsamples 1'
echo 'Example-4711' >"$t/pw"
export KRB5_CONFIG="$t/krb5.conf" KRB5CCNAME="$t/cc"
timeout 20 ip netns exec span-rw kinit Administrator <"$t/pw" >>"$t/log" 2>&1 || true
try rw ldapsearch -LLL -x -H ldap://10.20.3.10 -b '' -s base defaultNamingContext
try rw smbclient -s "$t/client.conf" //10.20.3.10/sysvol --use-kerberos=off \
	-U 'Administrator%Example-4711' -c ls
try rw rpcclient -s "$t/client.conf" -U 'Administrator%Example-4711' \
	'ncacn_ip_tcp:10.20.3.10[seal]' -c 'lsaquery'
try rw rpcclient -s "$t/client.conf" -U 'Administrator%Example-4711' \
	'ncacn_ip_tcp:10.20.3.10[sign]' -c 'enumdomains'

# Users on the web server, with both families.
try ru curl -s -o /dev/null http://10.20.1.11:5555/main.aspx
try ru curl -sk -o /dev/null --resolve crm.corp.example:443:10.20.1.11 \
	https://crm.corp.example/main.aspx
try ru curl -sk -o /dev/null --resolve crm.corp.example:443:2001:db8:20:1::11 \
	https://crm.corp.example/main.aspx

# What the site does not want: a shell on the data tier. It also shows the TTL of these servers.
for a in 10.20.2.20 10.20.2.21 10.20.2.13; do
	try rw ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes \
		-o IdentityFile=/nonexistent "nobody@$a" true
done

# What fails: dropped (SQL Server), reset by the router (reports), refused by the machine itself
# (sandbox), rejected by ICMP (global catalogue).
try rw curl -s -m 8 http://10.20.2.20:1433/
try rw curl -s -m 8 http://10.20.2.21:80/ReportServer
try rw curl -s -m 8 http://10.20.2.13:808/
try rw curl -s -m 4 http://10.20.3.10:3268/
try rw ping -c 1 10.20.2.21
sleep 2
kill "$dump"
wait "$dump" 2>/dev/null || true
cp "$t/out.pcap" "$out"
if [ "${RECORD_LOG:-}" ]; then cp "$t/log" "$RECORD_LOG"; fi
