#!/usr/bin/env bash
# Builds everything and runs every test. Ends with one line: Tests: N passed, N failed, N skipped
#
#   bash tests/run.sh                    everything
#   bash tests/run.sh --no-install       never installs a Debian package; absent engines are skipped
#   bash tests/run.sh Fleet.Zvt.Tests    only these test projects
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

install=yes
projects=()
for argument in "$@"; do
  case $argument in
    --no-install) install=no ;;
    -h|--help) sed -n '2,6p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 0 ;;
    -*) echo "unknown option $argument; see --help" >&2; exit 2 ;;
    *) projects+=("$argument") ;;
  esac
done

say() { printf '== %s\n' "$*"; }

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is needed: dotnet is not on PATH." >&2; exit 1; }

# Other people's programs that the tests talk to: command or file -> Debian package.
engines=(
  mosquitto=mosquitto mosquitto_pub=mosquitto-clients socat=socat tmux=tmux strace=strace tshark=tshark
  mkfs.ext4=e2fsprogs mkfs.xfs=xfsprogs
  /usr/lib/python3/dist-packages/grpc=python3-grpcio /usr/lib/python3/dist-packages/paho=python3-paho-mqtt
  /usr/share/doc/ruby-grpc=ruby-grpc openssl=openssl curl=curl /usr/lib/wine/wine64=wine64 wineserver=wine wixl=wixl msibuild=msitools
  lintian=lintian systemd-analyze=systemd ejabberdctl=ejabberd /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1=libfaketime
)
missing=()
for engine in "${engines[@]}"; do
  probe=${engine%%=*}
  if [[ $probe == /* ]]; then [[ -e $probe ]]; else PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null; fi || missing+=("${engine#*=}")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  if [[ $install == yes ]] && command -v apt-get >/dev/null && { [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; }; then
    say "installing ${missing[*]}"
    as_root=(); [[ $(id -u) == 0 ]] || as_root=(sudo -n)
    log=$(mktemp)
    { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null \
      || { echo "Installing failed; the tests that need these packages will say so:"; tail -n 5 "$log"; }
    rm -f "$log"
  else
    say "not installed: ${missing[*]}; the tests that need them are skipped (apt-get install ${missing[*]})"
  fi
fi
command -v npm >/dev/null || say "npm is not installed: tests with JavaScript peers are skipped"

say "build"
if ! dotnet build FleetManagement.sln -c Debug -nologo -v quiet -clp:ErrorsOnly; then
  echo "The build failed; nothing was tested." >&2
  exit 1
fi

if command -v npm >/dev/null; then
  while IFS= read -r lock; do
    folder=$(dirname "$lock")
    if [[ ! -f $folder/node_modules/.package-lock.json || $lock -nt $folder/node_modules/.package-lock.json ]]; then
      say "npm ci in $folder"
      (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) </dev/null || echo "npm ci failed in $folder; its tests will say so"
    fi
  done < <(git ls-files 'tests/*package-lock.json' 2>/dev/null)
fi

[[ ${#projects[@]} -gt 0 ]] || mapfile -t projects < <(ls -d tests/*.Tests | xargs -n1 basename)
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Two at a time, the longest first: whoever is free takes the next. A project's output comes in one piece when it ends.
longest=(Fleet.EndToEnd.Tests Fleet.Deploy.Tests Fleet.Simulator.Tests Fleet.Agent.Tests Fleet.Server.Tests)
for project in "${longest[@]}" "${projects[@]}"; do
  [[ " ${projects[*]} " != *" $project "* ]] || printf '%s\n' "$project"
done | awk '!seen[$0]++' >"$results/queue"
take_project() { { flock 8; head -n 1 "$results/queue"; sed -i 1d "$results/queue"; } 8>"$results/taking"; }
run_projects() {
  local project start log
  while project=$(take_project) && [[ -n $project ]]; do
    start=$SECONDS
    log=$results/$project.log
    dotnet test "tests/$project" --no-build -c Debug --nologo -v minimal \
      --logger "trx;LogFileName=$results/$project.trx" --blame-hang --blame-hang-timeout 10m --blame-hang-dump-type none --results-directory "$results" \
      </dev/null >"$log" 2>&1 || touch "$results/failed"
    { flock 9; say "$project"; cat "$log"; echo "   $project: $((SECONDS - start)) s"; } 9>"$results/printing"
  done
}
trap 'trap - INT TERM; kill 0' INT TERM
run_projects &
run_projects &
wait
failed=0
[[ ! -e $results/failed ]] || failed=1

count() { # attribute of <Counters>
  local sum=0 n
  for trx in "$results"/*.trx; do
    [[ -e $trx ]] || continue
    n=$(sed -n "s/.*<Counters .*\\b$1=\"\\([0-9]*\\)\".*/\\1/p" "$trx" | head -n 1)
    sum=$((sum + ${n:-0}))
  done
  echo "$sum"
}
# What did not pass is named once more at the end, where somebody who sees only the end of a log finds it.
name_outcomes() { # outcome
  local trx
  for trx in "$results"/*.trx; do
    [[ -e $trx ]] || continue
    sed -n "/<UnitTestResult .*outcome=\"$1\"/,/<\/UnitTestResult>/p" "$trx" | awk -v outcome="$1" -v project="$(basename "$trx" .trx)" '
      /<UnitTestResult / { match($0, /testName="[^"]*"/); print outcome ": " project ": " substr($0, RSTART + 10, RLENGTH - 11); lines = 0; message = 0 }
      /<Message>/ { message = 1 }
      message && lines < 12 { ended = /<\/Message>/; gsub(/^[ \t]*<Message>|<\/Message>.*/, ""); print "   " $0; lines++; if (ended) message = 0 }' | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#xD;//g; s/&amp;/\&/g'
  done
}
name_slowest() {
  sed -n 's/.*<UnitTestResult .*testName="\([^"]*\)".* duration="\([0-9:]*\)\..*/\2 \1/p' "$results"/*.trx 2>/dev/null | sort -r | head -n 8 |
    sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g; s/^/Slowest: /'
}
name_slowest; name_outcomes NotExecuted; name_outcomes Failed

passed=$(count passed); failures=$(( $(count failed) + $(count error) + $(count timeout) + $(count aborted) ))
skipped=$(( $(count total) - passed - failures ))
[[ $failed == 0 || $failures -gt 0 ]] || failures=1
echo "Tests: $passed passed, $failures failed, $skipped skipped"
[[ $failed == 0 && $failures == 0 && $passed -gt 0 ]]
