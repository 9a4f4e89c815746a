#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# help.sh SPANAUDIT - help fits 80 columns and is on standard output; errors are on standard error,
# and say what happened and what to do.
set -u
tool=$(realpath "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
unset COLUMNS

complain() {
	echo "$*"
	bad=1
}

help() {
	"$tool" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || complain "spanaudit $*: exit code $?"
	[ -s "$tmp/out" ] || complain "spanaudit $*: nothing on standard output"
	[ -s "$tmp/err" ] && complain "spanaudit $*: something on standard error"
	awk -v name="spanaudit $*" 'length($0) > 80 { print name ": more than 80 columns: " $0; bad = 1 }
		END { exit bad }' "$tmp/out" || bad=1
}

commands=$("$tool" help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
[ "$(echo "$commands" | wc -w)" -ge 10 ] || complain "spanaudit help lists too few commands"
help --help
help -h
help help
for c in $commands; do
	help "$c" --help
	help "$c" -h
	help help "$c"
done
for t in commands roles kinds hints exit-codes filters; do
	help help "$t"
done
help --version
help version
help protocols
help audit --format help

# exit code, arguments: a message of at least two lines (what, and what to do) and no output
wrong() {
	want=$1
	shift
	"$tool" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ $got -eq "$want" ] || complain "spanaudit $*: exit code $got, not $want"
	[ -s "$tmp/out" ] && complain "spanaudit $*: the error is on standard output"
	[ "$(wc -l <"$tmp/err")" -ge 2 ] || complain "spanaudit $*: it does not say what to do"
	awk -v name="spanaudit $*" 'length($0) > 100 { print name ": a long line: " $0; bad = 1 }
		END { exit bad }' "$tmp/err" || bad=1
}

says() {
	grep -q -- "$1" "$tmp/err" || complain "the message lacks '$1': $(cat "$tmp/err")"
}

wrong 2
wrong 2 adit
says "Did you mean 'spanaudit audit'"
wrong 2 'evil
name'
says 'evil.x0aname'
wrong 2 audit
wrong 2 audit --sire x.pcap
says 'Did you mean --site'
wrong 2 audit -Z x.pcap
wrong 2 audit --site
wrong 2 audit -r
wrong 2 audit --quiet=yes x.pcap
says 'takes no argument'
wrong 2 flows --only missing x.pcap
says 'belongs to: audit'
wrong 2 audit --format jsn x.pcap
says "Did you mean 'json'"
wrong 2 audit --fail-on hihg x.pcap
says "Did you mean 'high'"
wrong 2 audit --only unexpected-prot x.pcap
says "Did you mean 'unexpected-port'"
wrong 2 audit --color sometimes x.pcap
wrong 2 audit --progress always x.pcap
for size in 0 x 12Q -5 99999999999999999999 20000000000000T 5MM; do
	wrong 2 audit "--max-memory=$size" x.pcap
	says 'not an amount of memory'
done
wrong 2 audit -o - x.pcap
wrong 2 audit -o report.docx x.pcap
wrong 2 explain
wrong 2 explain F-123456789abc
wrong 2 extract
wrong 2 extract F-123456789abc x.pcap
says "-w finding.pcapng"
wrong 2 extract F-123456789abc - -w out.pcapng
says "cannot be read twice"
wrong 2 extract --follow F-123456789abc x.pcap -w out.pcapng
wrong 2 rules sow
says "spanaudit rules show"
wrong 2 rules show
wrong 2 rules lint
wrong 2 rules draft x.pcap
says "spanaudit rules draft --draft"
wrong 2 rules draft --draft x.yaml
wrong 3 rules draft --draft x.yaml "$tmp/missing.pcap"
wrong 2 site
wrong 2 site list
wrong 2 site lint
wrong 2 site lint -o x.yaml x.yaml
wrong 2 site imprt x.csv
says "spanaudit site import"
wrong 2 site import
wrong 2 site import a.csv b.csv
wrong 2 site import --role sql=10.0.0.5 a.csv
wrong 2 completion
wrong 2 completion csh
wrong 2 help nothing
wrong 2 diff
wrong 2 diff a.json
wrong 2 diff a.json b.json c.json
wrong 3 diff "$tmp/missing.json" "$tmp/missing.json"
says 'cannot read'
wrong 3 diff / /
wrong 3 audit "$tmp/missing.pcap"
wrong 2 doctor
wrong 3 doctor "$tmp/missing.pcap"
wrong 3 "$tmp/missing.pcap"
exit $bad
