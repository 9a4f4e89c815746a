#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh SPANAUDIT [PAIRS] [CAPTURE...] - what a whole audit costs, beside reading alone, and
# what other programs need for the same files.
#
# Each pair is a program and libpcap's loop with an empty callback over the same file, one behind
# the other; what is printed are medians of the pairs' ratios of processor time (and their spread),
# as a Markdown table. The audit has a site, all rule packs and a JSON report. A program that is not
# installed has no row. plot.py draws the table.
#
# CAPTURE is a kind of gen.c, `mixed-ng` for the mixed one as pcapng (editcap makes it), or a file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
spanaudit=${1:?which spanaudit?}
pairs=${2:-5}
shift $(($# < 2 ? $# : 2))
captures=${*:-mixed bulk scan uniform}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cc -O2 -o "$tmp/gen" "$here/gen.c"
cc -O2 -o "$tmp/noop" "$here/noop.c" -lpcap
export SPANAUDIT_RULES_PATH=${SPANAUDIT_RULES_PATH:-$here/../../rules}

packets_of() {
	case $1 in
	bulk) echo 300000 ;;
	scan) echo 500000 ;;
	*) echo 1000000 ;;
	esac
}

# What runs for a name over a file; nothing where the program is not there.
run_of() {
	local have=${1%% *} file=$2
	case $have in
	spanaudit)
		run=("$spanaudit" audit -q --site "$here/site.yaml" --format json
			-o "$tmp/report.json" "$file")
		return
		;;
	tcpdump) run=(tcpdump -n -r "$file" -w /dev/null) ;;
	tcpstat) run=(tcpstat -r "$file" -o '' 3600) ;;
	softflowd) run=(softflowd -d -6 -m 6000000 -r "$file" -c none -p "$tmp/pid") ;;
	argus) run=(argus -r "$file" -w /dev/null) ;;
	nfpcapd) run=(nfpcapd -r "$file" -w "$tmp/nfpcapd") ;;
	ndpiReader) run=(ndpiReader -q -i "$file") ;;
	suricata) run=(suricata -r "$file" -l "$tmp" -S /dev/null) ;;
	tshark) run=(tshark -n -q -r "$file" -z "conv,tcp") ;;
	esac
	command -v "$have" >/dev/null
}

# Processor seconds of a command. Findings are no failure here, errors of an audit are.
cpu() {
	local TIMEFORMAT='%3U %3S' code=0
	{ time "$@" >"$tmp/said" 2>&1 || code=$?; } 2>"$tmp/time"
	if [ "$1" = "$spanaudit" ] && ((code > 1 && code != 4)); then
		cat "$tmp/said" >&2
		exit 1
	fi
	tail -n 1 "$tmp/time" | awk '{ print $1 + $2 }'
}

# median (lowest-highest) of the numbers on standard input
middle() {
	sort -n | awk '{ v[NR] = $1 } END { m = v[int((NR + 1) / 2)]
		f = m < 10 ? "%.2f (%.2f-%.2f)" : "%.0f (%.0f-%.0f)"
		printf f, m, v[1], v[NR] }'
}

# The largest resident set of a command, in MiB.
peak() {
	python3 - "$@" <<'P'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
P
}

cell() { # NAME FILE: of the pairs
	local i a n
	: >"$tmp/ratios"
	for ((i = 0; i < pairs; i++)); do
		mkdir -p "$tmp/nfpcapd"
		a=$(cpu "${run[@]}")
		n=$(cpu "$tmp/noop" "$1")
		awk "BEGIN { print $a / ($n > 0 ? $n : 0.001) }" >>"$tmp/ratios"
	done
	middle <"$tmp/ratios"
}

# The file of a capture, in $tmp unless it is somebody's.
file_of() {
	case $1 in
	*/* | *.*) echo "$1" ;;
	*) echo "$tmp/$1.pcap" ;;
	esac
}

title_of() {
	case $1 in
	*/* | *.*) basename "$1" ;;
	*) echo "$1, $(packets_of "$1") packets" ;;
	esac
}

for c in $captures; do
	case $c in
	*/* | *.*) [ -r "$c" ] || { echo "compare.sh: '$c' cannot be read" >&2 && exit 1; } ;;
	mixed-ng)
		"$tmp/gen" mixed "$(packets_of mixed)" >"$tmp/as-pcap"
		editcap -F pcapng "$tmp/as-pcap" "$(file_of "$c")"
		rm "$tmp/as-pcap"
		;;
	*) "$tmp/gen" "$c" "$(packets_of "$c")" >"$(file_of "$c")" ;;
	esac
done
printf '| processor time / reading alone |'
for c in $captures; do printf ' %s |' "$(title_of "$c")"; done
printf '\n|---|'
for c in $captures; do printf -- '---:|'; done
echo
for tool in 'spanaudit audit' 'tcpdump -w' tcpstat softflowd argus nfpcapd ndpiReader suricata \
	'tshark -z conv,tcp'; do
	run_of "$tool" x || continue
	printf '| %s |' "$tool"
	for c in $captures; do
		run_of "$tool" "$(file_of "$c")"
		printf ' %s |' "$(cell "$(file_of "$c")")"
	done
	echo
done
printf '| spanaudit audit, peak MiB |'
for c in $captures; do
	run_of spanaudit "$(file_of "$c")"
	printf ' %s |' "$(peak "${run[@]}")"
done
echo
