#!/bin/sh
# Builds the stand-in's package into the directory given: a .deb (needs dpkg-deb) or an .rpm (needs rpmbuild), of the version
# 5.0RELEASE. Uses no network; the same sources give the same bytes of a .deb (set SOURCE_DATE_EPOCH to choose the date inside).
set -eu

if [ $# -lt 1 ] || [ $# -gt 3 ]; then
    echo "usage: $0 OUTDIR [deb|rpm [RELEASE]]" >&2
    exit 2
fi
format=${2:-deb}
release=${3:-r8}
case $format in deb | rpm) ;; *) echo "$0: neither deb nor rpm: $format" >&2; exit 2 ;; esac
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
mkdir -p "$stage/var/log/pmta" "$stage/var/spool/pmta" "$stage/var/lib/pmta" "$stage/usr/share/doc/powermta"
cp "$here/README.md" "$stage/usr/share/doc/powermta/README.md"
if [ "$release" != r8 ]; then
    # Another version brings another example configuration, as the product's packages do.
    sed -i "1s/^/# The example of version 5.0$release.\n/" "$stage/etc/pmta/config"
fi

find "$stage" -type d -exec chmod 0755 {} +
find "$stage" -type f -exec chmod 0644 {} +
chmod 0755 "$stage"/usr/sbin/*
mkdir -p "$out"

if [ "$format" = rpm ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$stage" "$work"' EXIT
    find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    rpmbuild --quiet -bb --target x86_64 --define "_topdir $work" --define "_rpmdir $out" --define "stage $stage" \
        --define "stand_in_release $release" "$here/rpm/powermta.spec"
    mv "$out"/x86_64/*.rpm "$out/"
    rmdir "$out/x86_64"
    exit 0
fi

mkdir "$stage/DEBIAN"
cp "$here"/debian/* "$stage/DEBIAN/"
sed -i "s/^Version: .*/Version: 5.0$release+standin1/" "$stage/DEBIAN/control"
chmod 0755 "$stage/DEBIAN"
chmod 0644 "$stage"/DEBIAN/*
chmod 0755 "$stage"/DEBIAN/preinst "$stage"/DEBIAN/postinst "$stage"/DEBIAN/prerm "$stage"/DEBIAN/postrm
(cd "$stage" && find . -type f ! -path './DEBIAN/*' ! -path ./etc/pmta/config | LC_ALL=C sort | cut -c3- | xargs -r -d '\n' md5sum) > "$stage/DEBIAN/md5sums"
chmod 0644 "$stage/DEBIAN/md5sums"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

dpkg-deb --build --root-owner-group -Zxz "$stage" "$out/powermta-stand-in_5.0${release}_amd64.deb"
