#!/usr/bin/env bash
# Builds fleet-agent_VERSION_amd64.deb and fleet-server_VERSION_amd64.deb (with posctl).
#
#   deploy/build-deb.sh [FOLDER] [VERSION]      FOLDER: where the packages go, default artifacts/packages
#   COMPRESSION="gzip -z1" deploy/build-deb.sh  large and quick, for tests
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
case ${1:-} in -h|--help) sed -n '2,5p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
for tool in dpkg-deb gzip strip; do
  command -v "$tool" >/dev/null || { echo "$tool is needed: apt-get install dpkg-dev binutils gzip" >&2; exit 1; }
done
out=$(mkdir -p "${1:-$root/artifacts/packages}" && cd "${1:-$root/artifacts/packages}" && pwd)
version=${2:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")}
umask 022
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# program folder package: what a debugger needs and nobody at a till has is left out.
lay_program() {
  local from=$1 to=$stage/$2/usr/lib/$2
  mkdir -p "$to" "$stage/$2/usr/bin"
  cp -r "$from/." "$to"
  rm -f "$to"/{createdump,libmscordbi.so,libmscordaccore.so,libcoreclrtraceptprovider.so} "$to"/*.pdb "$to"/*.xml
  find "$to" -type f -exec chmod 0644 {} +
  chmod 0755 "$to"/{fleet-agent,fleet-server,posctl} 2>/dev/null || true
  # The shared objects that come from packages are not stripped everywhere; programs carry their assembly's name and stay as they are.
  find "$to" -name '*.so' -exec strip --strip-unneeded {} +
}

lay_documents() {
  local package=$1 doc=$stage/$1/usr/share/doc/$1
  mkdir -p "$doc" "$stage/$package/usr/share/man/man1" "$stage/$package/usr/share/lintian/overrides"
  cp "$here/debian/copyright" "$doc/copyright"
  sed "s/@PACKAGE@/$package/; s/@VERSION@/$version/" "$here/debian/changelog" | gzip -9n > "$doc/changelog.gz"
  cp "$here/debian/$package/lintian-overrides" "$stage/$package/usr/share/lintian/overrides/$package"
}

lay_manual() { # package page
  sed "s/@VERSION@/$version/" "$here/man/$2" | gzip -9n > "$stage/$1/usr/share/man/man1/$2.gz"
}

pack() {
  local package=$1 control=$stage/$1/DEBIAN
  mkdir -p "$control"
  for script in preinst postinst prerm postrm conffiles; do
    [[ -f $here/debian/$package/$script ]] || continue
    cp "$here/debian/$package/$script" "$control/$script"
    [[ $script == conffiles ]] || chmod 0755 "$control/$script"
  done
  sed "s/@VERSION@/$version/; s/@SIZE@/$(du -sk --exclude=DEBIAN "$stage/$package" | cut -f1)/" "$here/debian/$package/control" > "$control/control"
  (cd "$stage/$package" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) > "$control/md5sums"
  read -ra compression <<< "${COMPRESSION:-xz}"
  dpkg-deb --root-owner-group "-Z${compression[0]}" "${compression[@]:1}" --build "$stage/$package" "$out/${package}_${version}_amd64.deb" >/dev/null
  echo "$out/${package}_${version}_amd64.deb"
}

"$here/publish.sh" linux-x64 "$root/artifacts/linux-agent" agent/Fleet.Agent
"$here/publish.sh" linux-x64 "$root/artifacts/linux-server" fleet-server/Fleet.Server fleet-server/Fleet.Cli

lay_program "$root/artifacts/linux-agent" fleet-agent
lay_documents fleet-agent
lay_manual fleet-agent fleet-agent.1
ln -s ../lib/fleet-agent/fleet-agent "$stage/fleet-agent/usr/bin/fleet-agent"
install -D -m 0644 "$here/systemd/fleet-agent@.service" "$stage/fleet-agent/lib/systemd/system/fleet-agent@.service"
install -D -m 0644 "$here/systemd/fleet-agent.sysusers" "$stage/fleet-agent/usr/lib/sysusers.d/fleet-agent.conf"
install -D -m 0644 "$here/systemd/fleet-agent.tmpfiles" "$stage/fleet-agent/usr/lib/tmpfiles.d/fleet-agent.conf"
install -D -m 0644 "$here/systemd/fleet-agent.rules" "$stage/fleet-agent/lib/udev/rules.d/70-fleet-agent.rules"
install -D -m 0644 "$here/debian/fleet-agent/example.yaml" "$stage/fleet-agent/usr/share/doc/fleet-agent/examples/lane1.yaml"
pack fleet-agent

lay_program "$root/artifacts/linux-server" fleet-server
lay_documents fleet-server
lay_manual fleet-server fleet-server.1
lay_manual fleet-server posctl.1
ln -s ../lib/fleet-server/fleet-server "$stage/fleet-server/usr/bin/fleet-server"
ln -s ../lib/fleet-server/posctl "$stage/fleet-server/usr/bin/posctl"
install -D -m 0644 "$here/systemd/fleet-server.service" "$stage/fleet-server/lib/systemd/system/fleet-server.service"
install -D -m 0644 "$here/systemd/fleet-server.sysusers" "$stage/fleet-server/usr/lib/sysusers.d/fleet-server.conf"
install -D -m 0644 "$here/debian/fleet-server/server.json" "$stage/fleet-server/etc/fleet-server/server.json"
pack fleet-server
