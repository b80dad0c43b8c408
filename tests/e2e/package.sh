#!/usr/bin/env bash
# package.sh SOURCE - the Debian package, built here, installs and works in a new bookworm (scripts/package try).
set -euo pipefail
cd "$1"
for tool in debootstrap dpkg-shlibdeps unshare; do
  command -v $tool >/dev/null || { echo "SKIPPED: no $tool here (scripts/setup package installs it)"; exit 77; }
done
((EUID == 0)) || { echo "SKIPPED: debootstrap and chroot need root"; exit 77; }
scripts/package deb
scripts/package try build/package/vitrion_*.deb
