#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lint.sh SOURCE-ROOT BUILD-ROOT - cppcheck over src; skipped where it is not installed.
set -u
command -v cppcheck >/dev/null || exit 77
cd "$1" || exit 1
# missingInclude: system headers are not parsed. unusedFunction is the linker's business.
# constParameter/Callback: shapes of tables of functions. variableScope, unreadVariable on
# declarations near use: style that the compiler's warnings cover better.
exec cppcheck --quiet --error-exitcode=1 --std=c11 -j2 --inline-suppr \
	--enable=warning,portability,performance \
	--suppress=missingInclude --suppress=missingIncludeSystem \
	--suppress=unknownMacro --suppress=normalCheckLevelMaxBranches \
	-D_GNU_SOURCE -DNDEBUG=1 -I src -I include -I "$2" -I "$2/src" src
