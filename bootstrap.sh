#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# From a clean clone on Debian 12 to a first audit, or to all tests.
#
#     ./bootstrap.sh audit    build a release and audit a recording of real servers
#     ./bootstrap.sh test     build with sanitizers and run every test suite
#
# Missing Debian packages are installed (root or sudo is needed only then). Both can be run again at
# any time and do only what is left to do.
set -eu
cd "$(dirname "$0")"

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libpcap-dev libyaml-dev libjansson-dev libmd-dev
	libsqlite3-dev zlib1g-dev libseccomp-dev libzstd-dev liblz4-dev liblzma-dev libncurses-dev
	libmicrohttpd-dev uthash-dev scdoc tzdata"
TEST_PACKAGES="libcmocka-dev tcpreplay tcpdump iproute2 clang clang-tidy libclang-rt-dev mandoc cppcheck python3 python3-jsonschema tshark
	chromium chromium-driver python3-selenium python3-html5lib poppler-utils tmux"

step() {
	printf '==> %s\n' "$*"
}

die() { # what happened, what to do
	printf 'bootstrap.sh: %s\n  %s\n' "$1" "$2" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "installing packages needs root, and there is no sudo" \
			"Run as root: apt-get install $missing"
	fi
}

installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

packages() {
	missing=
	command -v dpkg-query >/dev/null ||
		die "this is not a Debian system" "README.md lists what is needed to build by hand"
	for p in "$@"; do
		# pkgconf took the place of pkg-config and may be there instead
		[ "$p" = pkg-config ] && command -v pkg-config >/dev/null && continue
		installed "$p" || missing="$missing $p"
	done
	if [ -z "$missing" ]; then
		step "all $# Debian packages are there"
		return
	fi
	step "installing Debian packages:$missing"
	# shellcheck disable=SC2086 # a list of words
	install_missing $missing || {
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
		install_missing $missing || die "apt-get could not install:$missing" \
			"Is the network there, and Debian 12 in /etc/apt? Try: apt-get install$missing"
	}
}

install_missing() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -o Dpkg::Use-Pty=0 install --no-install-recommends -y "$@" >/dev/null
}

# build DIR TESTS NATIVE-FILE... - sets up once, then compiles what changed
build() {
	dir=$1
	args="-Dtests=$2"
	shift 2
	if [ ! -f "$dir/build.ninja" ]; then
		step "setting up $dir"
		for native in "$@"; do
			args="$args --native-file contrib/meson/$native"
		done
		# shellcheck disable=SC2086 # a list of words
		meson setup "$dir" $args >"$dir.log" 2>&1 || {
			cat "$dir.log" >&2
			die "meson could not set up $dir" "What it misses stands above."
		}
		mv "$dir.log" "$dir/setup.log"
	fi
	step "building in $dir"
	ninja -C "$dir" --quiet || die "the build in $dir failed" "The compiler's words stand above."
}

audit() {
	# shellcheck disable=SC2086 # lists of words
	packages $BUILD_PACKAGES
	build build-release disabled release.ini
	step "build-release/src/cli/spanaudit audit --site pcaps/lab-site.yaml -o build-release/report.html pcaps/lab.pcapng"
	code=0
	SPANAUDIT_RULES_PATH=rules build-release/src/cli/spanaudit audit \
		--site pcaps/lab-site.yaml -o build-release/report.html pcaps/lab.pcapng || code=$?
	case $code in
	0 | 1 | 4)
		step "the audit ended with exit code $code (spanaudit help exit-codes)"
		step "the same report to be filed, for a browser: $PWD/build-release/report.html"
		;;
	*) die "the audit ended with exit code $code" "Its words stand above." ;;
	esac
}

# The figures of meson's summary: "Ok: 12"
figure() {
	sed -n "s/^$1: *\\([0-9][0-9]*\\) *\$/\\1/p" "$2" | tail -n 1 | grep . || echo 0
}

# suites DIR OPTION... - runs tests of a build, and adds to $passed, $failed, $skipped
suites() {
	dir=$1
	log=$dir/test-summary.txt
	shift
	step "running tests in $dir: $*"
	rm -f "$dir/test-failed"
	# Two more than there are processors: the longest of them mostly wait for packets.
	{
		meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes $(($(nproc) + 2)) "$@" ||
			echo $? >"$dir/test-failed"
	} | tee "$log"
	bad=$(($(figure Fail "$log") + $(figure Timeout "$log") + $(figure 'Unexpected Pass' "$log")))
	[ ! -e "$dir/test-failed" ] || [ $bad -gt 0 ] || bad=1
	passed=$((passed + $(figure Ok "$log") + $(figure 'Expected Fail' "$log")))
	failed=$((failed + bad))
	skipped=$((skipped + $(figure Skipped "$log")))
}

run_tests() {
	# shellcheck disable=SC2086 # lists of words
	packages $BUILD_PACKAGES $TEST_PACKAGES
	build build-dev enabled dev.ini
	build build-clang enabled dev.ini clang.ini plain.ini
	passed=0 failed=0 skipped=0
	suites build-dev --no-suite compare
	suites build-clang --suite compare
	line="$passed passed, $failed failed"
	[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
	printf '%s\n' "$line"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
}

case ${1-} in
audit) audit ;;
test) run_tests ;;
*)
	sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2
	exit 2
	;;
esac
