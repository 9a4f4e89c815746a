#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# assemble.sh SCDOC SPANAUDIT DATADIR PAGE.scd - the page in roff on standard output.
set -eu
scdoc=$1 tool=$2 datadir=$3 page=$4
# The date of a page is no part of it.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
export SOURCE_DATE_EPOCH

text=$(while IFS= read -r line; do
	case $line in
	@COMMANDS@) "$tool" help man-commands ;;
	@OPTIONS@) "$tool" help man-options ;;
	@KINDS@) "$tool" help man-kinds ;;
	@HINTS@) "$tool" help man-hints ;;
	*) printf '%s\n' "$line" | sed "s|DATADIR|$datadir|g" ;;
	esac
done <"$page")
# scdoc ends a block with a paragraph inside it, which mandoc calls empty: it belongs behind the block.
printf '%s\n' "$text" | "$scdoc" | awk '
	/^\.PP?$/ { if (!heading) held = $0; next }
	/^\.S[HS]/ { held = "" }
	held != "" && !/^\.RE/ { print held; held = "" }
	{ print; heading = /^\.S[HS]/ }'
