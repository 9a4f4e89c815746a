#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# service.sh SPANAUDIT ROOT - the units that ship: systemd understands every line of them, what they
# leave open is at most 1.5 of its 10, and every option that they use exists. 77 without systemd.
set -u
tool=$(realpath "$1")
units=$2/contrib/systemd
limit=15 # tenths
command -v systemd-analyze >/dev/null || {
	echo "not installed: systemd"
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

complain() {
	echo "$*"
	bad=1
}

sed "s#@bindir@/spanaudit#$tool#; s#@sysconfdir@#/etc#; s#@localstatedir@#/var#" "$units/spanaudit.service.in" \
	>"$tmp/spanaudit.service"
systemd-analyze security --offline=true --no-pager --threshold=$limit "$tmp/spanaudit.service" \
	>"$tmp/score" 2>&1 || complain "more exposed than $limit: $(grep -E '^✗|→' "$tmp/score")"
grep -q 'exposure level' "$tmp/score" || complain "no score: $(tail -3 "$tmp/score")"
systemd-analyze verify --man=no "$tmp/spanaudit.service" >"$tmp/verify" 2>&1
grep 'spanaudit.service' "$tmp/verify" && complain "systemd does not understand it"
for option in $(sed '/^#/d' "$tmp/spanaudit.service" | grep -oE '(^|[ 	])--?[a-z][a-z-]*' | tr -d ' 	' | sort -u); do
	"$tool" live --help | grep -qE -- "(^|[ ,])$option([ ,]|\$)" || complain "'spanaudit live' has no $option"
done
exit $bad
