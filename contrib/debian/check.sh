#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds the Debian package against what it promises, in a Debian of its own that is thrown away:
#
#     contrib/debian/check.sh DIR      DIR has the packages, see build.sh; root, debootstrap, lintian
#
# lintian finds no error; it installs; the user is there and nothing runs; what the service's unit
# starts runs as that user, answers, and ends in order; removed, nothing but its data is left, and
# purged, nothing at all. DEBIAN is the mirror, SUITE the release (bookworm).
set -eu
[ $# -eq 1 ] || {
	sed -n 's/^# \{0,1\}//; 2,11p' "$0" >&2
	exit 2
}
dir=$(realpath "$1")
# Mounts are ours alone, and gone with the last process.
[ -n "${CHECK_ALONE-}" ] || CHECK_ALONE=1 exec unshare -m "$0" "$dir"
mirror=${DEBIAN:-http://deb.debian.org/debian}
suite=${SUITE:-bookworm}
root=$(mktemp -d)
chmod 755 "$root"

done_with() {
	for m in proc dev; do ! mountpoint -q "$root/$m" || umount "$root/$m"; done
	rm -rf --one-file-system "$root"
}
trap done_with EXIT
say() { printf '==> %s\n' "$*"; }
fail() {
	printf 'check.sh: %s\n' "$*" >&2
	exit 1
}
in_root() { chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# What somebody else may have written there is no matter of ours.
files() { in_root find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /var/cache -o -path /var/lib/dpkg \
	-o -path /var/lib/apt -o -path /var/log/apt -o -path /var/lib/systemd \) -prune -o -print | sort; }

say "lintian"
lintian --fail-on error "$dir"/*.changes

say "a $suite of its own"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$dir/debootstrap.log" 2>&1 || fail "see $dir/debootstrap.log"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
in_root apt-get -qq update
# What it depends on comes first, so that it alone makes the difference.
mkdir "$root/tmp/deb"
cp "$dir"/spanaudit_*.deb "$root/tmp/deb/"
in_root apt-get -qq -y --no-install-recommends install systemd-sysv passwd >/dev/null 2>&1 || fail "systemd cannot be installed"
depends=$(dpkg-deb -f "$dir"/spanaudit_*.deb Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g')
# shellcheck disable=SC2086 # a list of words
in_root apt-get -qq -y --no-install-recommends install $depends >/dev/null 2>&1 || fail "what it depends on: $depends"
files >"$root/tmp/before"

say "installs"
in_root sh -c 'dpkg -i /tmp/deb/spanaudit_*.deb' >"$dir/install.log" 2>&1 || fail "see $dir/install.log"
in_root getent passwd spanaudit >/dev/null || fail "there is no user spanaudit"
in_root spanaudit version | tr '\n' ' ' | grep -q '+SECCOMP.*+NCURSES.*+HTTP' || fail "it misses something: $(in_root spanaudit version)"
in_root spanaudit rules list >/dev/null || fail "it finds no rules"
in_root systemctl is-enabled spanaudit.service spanaudit-report.timer | grep -qx enabled && fail "a unit is enabled"
for f in /usr/share/man/man1/spanaudit.1.gz /usr/share/bash-completion/completions/spanaudit \
	/usr/share/zsh/site-functions/_spanaudit /usr/share/fish/vendor_completions.d/spanaudit.fish; do
	[ -s "$root$f" ] || fail "it lacks $f"
done
in_root stat -c '%U %a' /var/lib/spanaudit | grep -qx 'spanaudit 750' || fail "its folder is $(in_root stat -c '%U %a' /var/lib/spanaudit)"

say "what the service starts, as its user, with its one capability"
conf=$root/etc/spanaudit/live.conf
printf 'INTERFACES=-i lo\nOPTIONS=--every 1s -a duration:4\n' >"$conf"
start=$(sed -n '/^ExecStart=/,/[^\\]$/p' "$root/lib/systemd/system/spanaudit.service" | sed 's/^ExecStart=//; s/\\$//' | tr '\n' ' ')
mkdir -p "$root/run/spanaudit"
in_root chown spanaudit: /run/spanaudit
code=0
unshare -n sh -c 'ip link set lo up && exec "$@"' sh chroot "$root" setpriv --reuid spanaudit --regid spanaudit --clear-groups --inh-caps -all,+net_raw \
	--ambient-caps -all,+net_raw --bounding-set -all,+net_raw env -i PATH=/usr/bin:/bin STATE_DIRECTORY=/var/lib/spanaudit \
	LOGS_DIRECTORY=/var/log/spanaudit RUNTIME_DIRECTORY=/run/spanaudit "$(sed -n 1p "$conf")" "$(sed -n 2p "$conf")" \
	sh -c "exec $start" >"$dir/service.log" 2>&1 || code=$?
[ $code -eq 4 ] || fail "it ended with $code: $(cat "$dir/service.log")"
for f in live.json live.html; do
	[ -s "$root/var/lib/spanaudit/$f" ] || fail "it left no $f"
done

say "removes and purges"
in_root dpkg -r spanaudit >/dev/null 2>&1 || fail "it cannot be removed"
[ -e "$root/var/lib/spanaudit/live.json" ] || fail "a removal took its data"
[ ! -e "$root/usr/bin/spanaudit" ] || fail "the tool is still there"
rm "$root/etc/spanaudit/live.conf"
in_root dpkg -P spanaudit >/dev/null 2>&1 || fail "it cannot be purged"
files >"$root/tmp/after"
left=$(comm -13 "$root/tmp/before" "$root/tmp/after" | grep -vE '^/(etc/(passwd|group|shadow|gshadow)-?|run.*|tmp.*|var/log/(dpkg|alternatives).*)$' || true)
[ -z "$left" ] || fail "left behind: $left"
say "the package keeps its promises"
