#!/usr/bin/env bash
# Builds fleet-agent_VERSION_x64.msi: the agent as a service of Windows. Needs wixl and msitools (apt-get install wixl msitools).
#
#   deploy/build-msi.sh [FOLDER] [VERSION]      FOLDER: where the package goes, default artifacts/packages
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
case ${1:-} in -h|--help) sed -n '2,4p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
for tool in wixl msibuild; do
  command -v "$tool" >/dev/null || { echo "$tool is needed: apt-get install wixl msitools" >&2; exit 1; }
done
out=$(mkdir -p "${1:-$root/artifacts/packages}" && cd "${1:-$root/artifacts/packages}" && pwd)
version=${2:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

"$here/publish.sh" win-x64 "$root/artifacts/win-agent" agent/Fleet.Agent
cp -r "$root/artifacts/win-agent" "$stage/agent"
rm -f "$stage"/agent/{createdump.exe,mscordbi.dll,mscordaccore*.dll,Microsoft.DiaSymReader.Native.amd64.dll} "$stage"/agent/*.pdb "$stage"/agent/*.xml
cp "$here/msi/agent.yaml" "$stage/agent.yaml"

# One component a file; its id comes from its name, so that an upgrade knows it again.
components=$stage/components references=$stage/references
: > "$components"; : > "$references"
for file in "$stage"/agent/*; do
  name=$(basename "$file")
  [[ $name == fleet-agent.exe ]] && continue
  id=f$(printf %s "$name" | md5sum | cut -c1-24)
  hash=$(printf %s "fleet-agent/$name" | md5sum | cut -c1-32)
  guid=${hash:0:8}-${hash:8:4}-${hash:12:4}-${hash:16:4}-${hash:20:12}
  printf '<Component Id="%s" Guid="%s" Win64="yes"><File Id="%s_" Name="%s" Source="agent/%s" KeyPath="yes"/></Component>\n' "$id" "${guid^^}" "$id" "$name" "$name" >> "$components"
  printf '<ComponentRef Id="%s"/>\n' "$id" >> "$references"
done
sed -e "s/@VERSION@/$version/" -e "/@COMPONENTS@/{r $components
d}" -e "/@REFERENCES@/{r $references
d}" "$here/msi/fleet-agent.wxs" > "$stage/fleet-agent.wxs"
(cd "$stage" && wixl --arch x64 -o "$out/fleet-agent_${version}_x64.msi" fleet-agent.wxs)

# What wixl has no words for.
package=$out/fleet-agent_${version}_x64.msi
# Settings are the shop's: permanent (16), never overwritten (128), 64 bits (256).
msibuild "$package" -q "UPDATE Component SET Attributes = 400 WHERE Component = 'Settings'"
# The old version goes inside the transaction of the new one: an upgrade that fails leaves the old agent.
msibuild "$package" -q "UPDATE InstallExecuteSequence SET Sequence = 1501 WHERE Action = 'RemoveExistingProducts'"
# Windows starts the agent again after 1, 5 and 30 seconds, after an end with an error code as after a crash.
msibuild "$package" -i "$here/msi/MsiServiceConfigFailureActions.idt"
msibuild "$package" -i "$here/msi/MsiServiceConfig.idt"
msibuild "$package" -q "INSERT INTO InstallExecuteSequence (Action, Condition, Sequence) VALUES ('MsiConfigureServices', 'VersionMsi >= \"5.00\"', 5850)"
echo "$package"
