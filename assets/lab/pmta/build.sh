#!/bin/sh
# Builds the stand-in's Debian package into the directory given. Needs dpkg-deb; uses no network; the same sources give
# the same bytes (set SOURCE_DATE_EPOCH to choose the date inside).
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 OUTDIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
out=$1
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1735689600}
export SOURCE_DATE_EPOCH
umask 022

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 0755 "$stage"
cp -r "$here/root/." "$stage/"
find "$stage" -name __pycache__ -prune -exec rm -rf {} +
mkdir -p "$stage/var/log/pmta" "$stage/var/spool/pmta" "$stage/var/lib/pmta" "$stage/usr/share/doc/powermta" "$stage/DEBIAN"
cp "$here/README.md" "$stage/usr/share/doc/powermta/README.md"
cp "$here"/debian/* "$stage/DEBIAN/"

find "$stage" -type d -exec chmod 0755 {} +
find "$stage" -type f -exec chmod 0644 {} +
chmod 0755 "$stage"/usr/sbin/* "$stage"/DEBIAN/preinst "$stage"/DEBIAN/postinst "$stage"/DEBIAN/prerm "$stage"/DEBIAN/postrm
(cd "$stage" && find . -type f ! -path './DEBIAN/*' ! -path ./etc/pmta/config | LC_ALL=C sort | cut -c3- | xargs -r -d '\n' md5sum) > "$stage/DEBIAN/md5sums"
chmod 0644 "$stage/DEBIAN/md5sums"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$out"
dpkg-deb --build --root-owner-group -Zxz "$stage" "$out/powermta-stand-in_5.0r8_amd64.deb"
