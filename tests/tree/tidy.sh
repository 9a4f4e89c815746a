#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tidy.sh SOURCE-ROOT BUILD-ROOT - clang-tidy over src, by .clang-tidy; skipped where there is none.
set -u
command -v clang-tidy >/dev/null || exit 77
cd "$1" || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# The build may have been set up for gcc, some of whose warnings clang does not know.
printf '%s\n' src/*/*.c | xargs -P 2 -n 6 clang-tidy -p "$2" --quiet \
	--extra-arg=-Wno-unknown-warning-option >"$out" 2>/dev/null
grep -E '(warning|error):' "$out" | sort -u
! grep -qE '(warning|error):' "$out"
