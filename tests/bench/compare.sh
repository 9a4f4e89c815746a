#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh SPANAUDIT [PAIRS] - what a whole audit costs, beside reading alone.
#
# Each pair is an audit with a site, all rule packs and a JSON report, and libpcap's loop with an
# empty callback over the same file, one behind the other; what is printed are medians of the pairs'
# ratios of processor time, as a Markdown table. With softflowd installed, that is a third column.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
spanaudit=${1:?which spanaudit?}
pairs=${2:-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cc -O2 -o "$tmp/gen" "$here/gen.c"
cc -O2 -o "$tmp/noop" "$here/noop.c" -lpcap
export SPANAUDIT_RULES_PATH=${SPANAUDIT_RULES_PATH:-$here/../../rules}

# Processor seconds of a command. Findings are no failure here, errors are.
cpu() {
	local TIMEFORMAT='%3U %3S' code=0
	{ time "$@" >"$tmp/said" 2>&1 || code=$?; } 2>"$tmp/time"
	if ((code > 1 && code != 4)); then
		cat "$tmp/said" >&2
		exit 1
	fi
	awk '{ print $1 + $2 }' "$tmp/time"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# The largest resident set of a command, in MiB.
peak() {
	python3 - "$@" <<'P'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
P
}

row() {
	local kind=$1 packets=$2 file=$tmp/$1.pcap i a n s
	local -a audit=("$spanaudit" audit -q --site "$here/site.yaml" --format json
		-o "$tmp/report.json" "$file")
	"$tmp/gen" "$kind" "$packets" >"$file"
	: >"$tmp/ratio" >"$tmp/cpu" >"$tmp/peer"
	for ((i = 0; i < pairs; i++)); do
		a=$(cpu "${audit[@]}")
		n=$(cpu "$tmp/noop" "$file")
		awk "BEGIN { print $a / ($n > 0 ? $n : 0.001) }" >>"$tmp/ratio"
		echo "$a" >>"$tmp/cpu"
		if command -v softflowd >/dev/null; then
			s=$(cpu softflowd -6 -m 6000000 -r "$file" -c "$tmp/ctl" -p "$tmp/pid")
			awk "BEGIN { print $s / ($n > 0 ? $n : 0.001) }" >>"$tmp/peer"
		fi
	done
	printf '| %s | %s | %.1f | %.0f | %s | %s |\n' "$kind" "$packets" \
		"$(median <"$tmp/ratio")" \
		"$(awk "BEGIN { print $(median <"$tmp/cpu") * 1e9 / $packets }")" \
		"$(peak "${audit[@]}")" "$([ -s "$tmp/peer" ] && printf %.1f "$(median <"$tmp/peer")" || echo -)"
	rm -f "$file"
}

echo '| capture | packets | audit / reading | ns per packet | peak MiB | softflowd / reading |'
echo '|---|---:|---:|---:|---:|---:|'
row mixed 1000000
row bulk 300000
row scan 500000
row uniform 1000000
