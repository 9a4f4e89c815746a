#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# embed.sh FILE... - C source on standard output: each file as a string called after it. What only
# helps who edits the file (comments on lines of their own, indentation) stays out.
set -eu
for file in "$@"; do
	printf 'static const char %s[] =\n' "$(basename "$file" | tr . _)"
	awk '
		/^[ \t]*\/\*/ { inside = 1 }
		inside { if (/\*\//) inside = 0; next }
		/^[ \t]*\/\// || /^[ \t]*$/ { next }
		{ print }' "$file" |
		sed 's/^[ 	]*//; s/\\/\\\\/g; s/"/\\"/g; s/.*/	"&\\n"/'
	printf '\t;\n'
done
