#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# write.sh SPANAUDIT SOURCE-ROOT - where results go: files whole or not at all, a full disk, a closed
# standard output, a reader that goes away, colour, widths.
set -u
tool=$(realpath "$1")
capture=$2/pcaps/sample.pcap
site=$2/pcaps/sample-site.yaml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
unset COLUMNS NO_COLOR CLICOLOR_FORCE
SPANAUDIT_RULES_PATH=$2/rules
export SPANAUDIT_RULES_PATH
bad=0

complain() {
	echo "$*"
	bad=1
}

expect() { # exit code, then the command
	want=$1
	shift
	"$@" 2>err
	got=$?
	[ $got -eq "$want" ] || complain "$*: exit code $got, not $want: $(cat err)"
}

audit() {
	"$tool" audit --site "$site" "$@" "$capture"
}

expect 1 audit >plain
expect 1 audit -q -o a.txt -o a.json -o noname >out
[ -s out ] && complain "-q printed a report"
cmp -s plain a.txt || complain "the file is not what standard output had"
cmp -s plain noname || complain "a name without suffix is not text"
expect 1 audit --format json >b.json
cmp -s a.json b.json || complain "JSON differs between file and standard output"
expect 1 audit --format json -q -o x.dat >out
cmp -s x.dat b.json || complain "--format does not name the format of a foreign suffix"
[ "$(ls | grep -c 'a\.json')" -eq 1 ] || complain "temporary files are left: $(ls)"
(umask 027 && audit -q -o mode.txt)
[ "$(stat -c %a mode.txt)" = 640 ] || complain "the umask is not honoured: $(stat -c %a mode.txt)"

# an old file survives what cannot be written
mkdir full && echo old >full/a.json
expect 3 audit -q -o missing/a.json
grep -q 'mkdir' err || complain "no word on the missing folder: $(cat err)"
expect 3 audit -q -o full
if (ulimit -f 4; trap '' XFSZ; audit -q -o full/a.json) 2>err; then
	complain "a file above the limit was written"
fi
[ "$(cat full/a.json)" = old ] || complain "a half-written file replaced the old one"
[ "$(ls full | wc -l)" -eq 1 ] || complain "a failed file left something: $(ls full)"
expect 3 audit -q -o /dev/full
grep -q 'No space left' err || complain "a full disk is not named: $(cat err)"

expect 3 audit >/dev/full
grep -q 'No space left' err || complain "a full standard output is not named: $(cat err)"
expect 3 audit >&-
expect 1 audit -q >&-
expect 3 "$tool" help >/dev/full
(audit; echo $? >code) 2>err | head -c 1 >/dev/null
[ -s err ] && complain "a reader that went away is complained about: $(cat err)"

# colour and width
expect 1 audit --color always >colour
grep -q "$(printf '\033')" colour || complain "--color always has no colour"
sed "s/$(printf '\033')\\[[0-9;]*m//g" colour | cmp -s - plain || complain "colour changes words"
for env in NO_COLOR=1 TERM=dumb TERM=xterm; do
	env $env "$tool" audit --site "$site" "$capture" >out
	cmp -s out plain || complain "$env: output off a terminal differs"
done
CLICOLOR_FORCE=1 "$tool" audit --site "$site" "$capture" | cmp -s - colour ||
	complain "CLICOLOR_FORCE is not honoured"
NO_COLOR=1 CLICOLOR_FORCE=1 "$tool" audit --site "$site" "$capture" | cmp -s - plain ||
	complain "NO_COLOR is weaker than CLICOLOR_FORCE"
for columns in 80 120; do
	COLUMNS=$columns "$tool" audit --site "$site" "$capture" |
		awk -v max=$columns 'length($0) > max && !/tshark|-Y / { print max ": " $0; bad = 1 }
			END { exit bad }' || complain "wider than $columns columns"
done
COLUMNS=120 audit -q -o wide.txt
cmp -s wide.txt plain || complain "the width of a file depends on the terminal"

# what counts as failing
expect 0 audit -q --fail-on never
expect 1 audit -q --fail-on high
expect 1 audit -q --only missing
expect 0 audit -q --fail-on critical
expect 3 "$tool" audit -q --site "$site" "$capture" nowhere.pcap

# waivers that are added at the same moment are all there
add_waiver() {
	"$tool" waiver add -q "F-00000000000$1" -W w.yaml --reason r --owner o --expires 2099-01-01T00:00:00Z ||
		complain "waiver add failed beside others"
}
for i in 0 1 2 3 4 5 6 7 8 9; do
	add_waiver $i &
done
wait
[ "$(grep -c 'finding: {id: F-' w.yaml)" -eq 10 ] || complain "waivers were lost: $(cat w.yaml)"

exit $bad
