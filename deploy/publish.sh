#!/usr/bin/env bash
# Publishes a program as it goes into a package: self-contained, Release, in build folders of its own.
#
# Compiled ahead of time, which halves the time to start; READY_TO_RUN=false leaves that out, for tests.
#
#   deploy/publish.sh RUNTIME FOLDER PROJECT...      deploy/publish.sh win-x64 artifacts/win-x64 agent/Fleet.Agent
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -ge 3 ]] || { sed -n '2,5p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2; exit 2; }
runtime=$1
folder=$(mkdir -p "$2" && cd "$2" && pwd)
shift 2
for project in "$@"; do
  # The analyzers have judged this source in the build of the solution.
  dotnet publish "$root/$project" -c Release -r "$runtime" --self-contained --artifacts-path "$root/artifacts/$runtime.build" -o "$folder" \
    -p:PublishReadyToRun="${READY_TO_RUN:-true}" -p:RunAnalyzers=false -p:DebugType=none -p:GenerateDocumentationFile=false -p:SkipPrograms=true -nologo -v quiet -clp:ErrorsOnly
done
