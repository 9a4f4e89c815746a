#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the Debian packages of this tree, as it is committed.
#
#     contrib/debian/build.sh DIR      the packages are DIR/*.deb
#
# The tools want a folder `debian` at the top: the committed tree is unpacked into DIR/spanaudit, and
# contrib/debian becomes that folder there. Needs dpkg-dev, debhelper and what
# contrib/debian/control lists; DEB_BUILD_OPTIONS are Debian's (noopt for a quick try).
set -eu
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || {
	sed -n 's/^# \{0,1\}//; 2,9p' "$0" >&2
	exit 2
}
mkdir -p "$1"
dir=$(realpath "$1")
rm -rf "$dir/spanaudit"
mkdir "$dir/spanaudit"
git archive --format=tar "${SPANAUDIT_COMMIT:-HEAD}" | tar -x -C "$dir/spanaudit"
cp -r "$dir/spanaudit/contrib/debian" "$dir/spanaudit/debian"
cd "$dir/spanaudit"
dpkg-buildpackage -us -uc -b
echo "packages: $(cd "$dir" && echo ./*.deb)"
