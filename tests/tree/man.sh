#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# man.sh PAGE... - manual pages that mandoc has nothing to say about but style.
set -u
command -v mandoc >/dev/null || exit 77
bad=0
for page in "$@"; do
	[ -s "$page" ] || { echo "$page is empty"; bad=1; continue; }
	mandoc -Tlint -Wwarning "$page" || bad=1
	if grep -n '@[A-Z]*@' "$page"; then
		echo "$page: a part was not filled in"
		bad=1
	fi
done
exit $bad
