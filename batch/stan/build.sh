#!/usr/bin/env bash
# Builds the project's Stan models into CmdStan-compatible executables: real Stan, without root, R or CmdStan.
# Stan's headers and stanc3 (as JavaScript) come from Debian's r-cran-stanheaders; Boost, Eigen and RapidJSON
# from their own packages. apt fetches them into a private folder and checks their signatures: nothing is
# installed.
#
# Result in $TACKLINE_STAN_DIR (default: .stan at the root of the repository):
#   bin/{conversion,hurdle,hierarchical}  manifest.json  versions.txt
#   packages/ and build/ (what the next rebuild needs)
# Exit codes:
#   0 built, or nothing to do         10 g++ or node is missing    11 no Debian apt here
#   12 the packages are out of reach  13 a model is not valid        14 compiling, linking or writing failed
#   15 an executable does not sample
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${TACKLINE_STAN_DIR:-$(cd "$here/../.." && pwd)/.stan}
models=(conversion hurdle hierarchical)
# The first Debian with stanc3 of Stan 2.32; its headers are plain files that any Debian can compile.
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
flags=(-std=c++17 -O2 -w -D_REENTRANT -DBOOST_DISABLE_ASSERTS -DTBB_INTERFACE_NEW)

fail() { echo "stan: $2" >&2; exit "$1"; }
say() { printf 'stan: %3d s  %s\n' "$SECONDS" "$1"; }
file_hash() { sha256sum "$1" | cut -d' ' -f1; }
hash_of() { sha256sum | cut -d' ' -f1; }

for tool in apt-get dpkg-deb flock sha256sum; do
  command -v "$tool" >/dev/null || fail 11 \
    "this is not a Debian system with apt ($tool is missing); use the exact engine, or your own CmdStan"
done

mkdir -p "$target/build" "$target/bin" 2>/dev/null || fail 14 "cannot write to $target"
target=$(cd "$target" && pwd)

# Stale files are found by content, because a checkout changes every modification time.
cd "$here"
runner_key=$({ echo "${flags[@]}"; sha256sum runner.cpp tbb-stub/tbb/*.h; } | hash_of)
declare -A key_of
for model in "${models[@]}"; do
  key_of[$model]=$({ echo "${flags[@]}"; sha256sum "models/$model.stan" stanc.mjs tbb-stub/tbb/*.h; } | hash_of)
done
build_key=$(echo "$runner_key ${key_of[conversion]} ${key_of[hurdle]} ${key_of[hierarchical]}" | hash_of)

exec 9>"$target/lock"
flock 9 # a second build waits and then finds nothing to do

up_to_date() {
  for model in "${models[@]}"; do [ -x "$target/bin/$model" ] || return 1; done
  grep -qs "\"buildKey\": \"$build_key\"" "$target/manifest.json"
}
if up_to_date; then
  say "nothing to do: $target/bin is up to date"
  exit 0
fi

# --- tools -------------------------------------------------------------------------------------------------
command -v node >/dev/null || export PATH="$here/../../node_modules/.bin:$PATH"
command -v node >/dev/null || fail 10 'node is missing: run this as "npm run stan"'

lists() {
  apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(COMPONENT)|$(LABEL)' \
    'Created-By: Packages' 2>/dev/null
}
refresh_empty_lists() {
  [ -z "$(lists)" ] || return 0
  [ "$(id -u)" = 0 ] || fail 12 "apt's package lists are empty: run \"apt-get update\" as root once"
  say "apt's package lists are empty: running apt-get update"
  # A third-party source may be broken: the lists show whether Debian's are there.
  apt-get -qq update >/dev/null 2>&1 || true
  [ -n "$(lists)" ] || fail 12 'apt-get update fetched no package list: is there a network?'
}
if ! command -v g++ >/dev/null; then
  [ "$(id -u)" = 0 ] || fail 10 'g++ is missing; install with: apt-get install g++'
  refresh_empty_lists
  say 'g++ is missing: installing it with apt-get install g++'
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends g++ >/dev/null 2>&1 ||
    fail 10 'g++ is missing and apt-get could not install it; install with: apt-get install g++'
fi

# --- packages ----------------------------------------------------------------------------------------------
sysroot=$target/sysroot
apt=$target/apt
trap 'rm -rf "$sysroot" "$apt"' EXIT # 260 MB that the kept packages (13 MB) give back in seconds

apt_error() { grep -m1 -E '^[EW]:' "$apt/log" || echo 'is there a network?'; }

fetch_packages() {
  # The machine's own Debian mirror with another suite, so no host is named here.
  mirror=${TACKLINE_DEBIAN_MIRROR:-}
  if [ -z "$mirror" ]; then
    refresh_empty_lists
    mirror=$(lists | awk -F'|' '$2 == "Debian" && $3 == "main" && $4 == "Debian" { print $1; exit }')
  fi
  [ -n "$mirror" ] || fail 11 'apt has no Debian archive here; name one in TACKLINE_DEBIAN_MIRROR'
  [ -r "$keyring" ] || fail 11 "$keyring is missing; install with: apt-get install debian-archive-keyring"

  rm -rf "$apt" "$target/packages"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/packages"
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
  : >"$apt/status"
  private=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State::lists=$apt/lists"
    -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" -o APT::Sandbox::User= -o Debug::NoLocking=1
    -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
  apt-get "${private[@]}" -qq update -o APT::Update::Error-Mode=any >"$apt/log" 2>&1 ||
    fail 12 "Debian $suite is out of reach: $(apt_error)"
  boost=$(apt-cache "${private[@]}" depends libboost-dev |
    awk '/Depends: libboost[0-9.]+-dev/ { print $2; exit }')
  names=(r-cran-stanheaders "$boost" libeigen3-dev rapidjson-dev)
  (cd "$apt/packages" && apt-get "${private[@]}" -qq download "${names[@]}") >"$apt/log" 2>&1 ||
    fail 12 "cannot download Stan's packages: $(apt_error)"
  (cd "$apt/packages" && sha256sum -- *.deb >SHA256SUMS)
  mv "$apt/packages" "$target/packages"
  size=$(du -ch "$target"/packages/*.deb | tail -1 | cut -f1)
  say "downloaded $size from Debian $suite, signatures checked by apt"
}
(cd "$target/packages" 2>/dev/null && sha256sum --status --strict -c SHA256SUMS 2>/dev/null) || fetch_packages

rm -rf "$sysroot"
for package in "$target"/packages/*.deb; do dpkg-deb -x "$package" "$sysroot"; done
stan=$sysroot/usr/lib/R/site-library/StanHeaders
number() { sed -n "s/^#define STAN_$1 \([0-9]*\).*/\1/p" "$stan/include/src/stan/version.hpp"; }
stan_version=$(number MAJOR).$(number MINOR).$(number PATCH)
say "unpacked the headers of Stan $stan_version"

# --- compile -----------------------------------------------------------------------------------------------
cd "$target/build"
includes=(-isystem "$here/tbb-stub" -I "$stan/include/src" -I "$stan/include"
  -isystem "$sysroot/usr/include/eigen3" -isystem "$sysroot/usr/include")
compile() { # compile SOURCE OBJECT KEY
  [ -f "$2" ] && [ "$(cat "$2.key" 2>/dev/null)" = "$3" ] && return 0
  rm -f "$2.key"
  g++ "${flags[@]}" "${includes[@]}" -c "$1" -o "$2" 2>"$2.log" && echo "$3" >"$2.key"
}
for model in "${models[@]}"; do
  node "$here/stanc.mjs" "$stan/stanc.js" "$here/models/$model.stan" "$model.cpp" 2>stanc.log ||
    fail 13 "models/$model.stan is not valid Stan: $(tr -s '\n ' ' ' <stanc.log)"
done

# Each takes about 25 s and 1.7 GB, nearly all of it for parsing headers: two at a time.
status=0
compile "$here/runner.cpp" runner.o "$runner_key" & jobs_running=($!)
for model in "${models[@]}"; do
  if [ "${#jobs_running[@]}" = 2 ]; then
    wait "${jobs_running[0]}" || status=1
    jobs_running=("${jobs_running[1]}")
  fi
  compile "$model.cpp" "$model.o" "${key_of[$model]}" & jobs_running+=($!)
done
for job in "${jobs_running[@]}"; do wait "$job" || status=1; done
[ "$status" = 0 ] ||
  fail 14 "compilation failed; see $target/build/*.o.log (g++ is killed with less than 3.5 GB of memory)"
say 'compiled the front end and the models'

# --- try them before they replace older ones ---------------------------------------------------------------
try_data() {
  case $1 in
    conversion) echo '{"K":2,"n":[10,10],"x":[1,2],"baseline":1,"prior_alpha":1,"prior_beta":1}' ;;
    hurdle) echo '{"K":2,"n":[90,90],"m":[9,9],"mean_log":[1,1],"ss_log":[9,9],"cap":0,' \
      '"prior_alpha":1,"prior_beta":1,"prior_location":1}' ;;
    hierarchical) echo '{"S":2,"K":2,"n":[[90,90],[90,90]],"x":[[9,9],[9,9]],"prior_location":-2}' ;;
  esac
}
try=(sample num_samples=10 num_warmup=10 data file=try.json random seed=1 output file=try.csv refresh=0)
for model in "${models[@]}"; do
  g++ -static -s runner.o "$model.o" -o "$model.new" 2>link.log ||
    fail 14 "linking failed; see $target/build/link.log"
  try_data "$model" >try.json
  "./$model.new" "${try[@]}" >try.log 2>&1 && [ "$(grep -c '^-' try.csv)" = 10 ] ||
    fail 15 "the built $model does not sample; see $target/build/try.log"
done

{
  echo "stan $stan_version"
  echo "g++ $(g++ -dumpfullversion) $(g++ -dumpmachine)"
  for package in "$target"/packages/*.deb; do
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
  done
} >"$target/versions.txt"
rm -f "$target/manifest.json"
{
  printf '{\n  "models": {'
  comma=
  for model in "${models[@]}"; do
    mv "$model.new" "$target/bin/$model"
    printf '%s\n    "%s": "%s"' "$comma" "$model" "$(file_hash "$here/models/$model.stan")"
    comma=,
  done
  printf '\n  },\n  "stanVersion": "%s",\n  "buildKey": "%s"\n}\n' "$stan_version" "$build_key"
} >"$target/build/manifest.new"
mv "$target/build/manifest.new" "$target/manifest.json"
rm -f try.* ./*.log "${models[@]/%/.cpp}"
say "built ${models[*]} in $target/bin with Stan $stan_version"
