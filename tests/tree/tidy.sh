#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tidy.sh SOURCE-ROOT BUILD-ROOT - clang-tidy over src, by .clang-tidy; skipped where there is none.
#
# A file that was clean, with all that it includes, is not looked at again until one of them changes:
# what it is after the preprocessor, comments included, is remembered by its digest in the build
# folder, or in $SPANAUDIT_TIDY_CACHE for all builds of somebody.
#
# Nearly all of the time goes into the analyzer's walk along the paths of a function. Up to NODES
# steps a function cost a fifth of the 225,000 that it would take by itself, and few functions need
# more; SPANAUDIT_TIDY_NODES=225000 walks them all.
set -u
command -v clang-tidy >/dev/null || exit 77
cd "$1" || exit 1
build=$2
clean=${SPANAUDIT_TIDY_CACHE-$build/tidy-clean}
mkdir -p "$clean" || exit 1
nodes=${SPANAUDIT_TIDY_NODES-20000}
rules=$( (clang-tidy --version; cat .clang-tidy; echo "$nodes") | sha256sum | cut -c1-16)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

digest() { # of a file as a compiler sees it
	cc -E -C -P -std=gnu11 -D_GNU_SOURCE -I src -I include -I "$build" -I "$build/src" "$1" \
		2>/dev/null || echo $$
}

todo=
for file in src/*/*.c; do
	key=$rules-$(digest "$file" | sha256sum | cut -c1-40)
	[ -e "$clean/$key" ] || todo="$todo $file $key"
done
# The build may have been set up for gcc, some of whose warnings clang does not know.
export nodes
# shellcheck disable=SC2016,SC2086 # expanded by the shell that xargs starts; pairs of words
[ -z "$todo" ] || printf '%s %s\n' $todo | xargs -P 2 -n 2 sh -c '
	clang-tidy -p "$1" --quiet --extra-arg=-Wno-unknown-warning-option \
		--extra-arg=-Xclang --extra-arg=-analyzer-config \
		--extra-arg=-Xclang --extra-arg="max-nodes=$nodes" "$4" >"$2/$5" 2>/dev/null
	code=$?
	if grep -qE "(warning|error):" "$2/$5"; then
		:
	elif [ $code -ne 0 ]; then
		echo "$4: error: clang-tidy ended with $code" >>"$2/$5"
	else
		: >"$3/$5"
	fi' - "$build" "$out" "$clean"
cat "$out"/* 2>/dev/null | grep -E '(warning|error):' | sort -u
! cat "$out"/* 2>/dev/null | grep -qE '(warning|error):'
