#!/usr/bin/env bash
# The programs the tests of this module also run on, beside the redis-server of the system.
#
#   store-redis/stores.sh redis-6.2|valkey
#
# prints the path of the program on the last line, and gets it first if it is not here yet: Redis 6.2
# out of a jar of Maven Central, Valkey out of the packages of Debian. Nothing is installed: all of it
# stays in .larder/stores. LARDER_REDIS_6_2 and LARDER_VALKEY name programs of your own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly STORES=$PWD/.larder/stores
readonly UNPACK=org.apache.maven.plugins:maven-dependency-plugin:3.9.0:unpack
readonly EMBEDDED_REDIS=com.github.codemonstur:embedded-redis:1.4.3

fail() {
  printf 'larder: %s\n' "$*" >&2
  exit 1
}

# Prints $1 if it is a program that runs here and is of the version $2.
runs() {
  local said
  said=$("$1" --version 2>&1) && [[ $said == *"$2"* ]] && printf '%s\n' "$1"
}

redis_6_2() {
  local found machine
  if [[ -n ${LARDER_REDIS_6_2:-} ]]; then
    runs "$LARDER_REDIS_6_2" 'v=6.2' ||
      fail "LARDER_REDIS_6_2 is '$LARDER_REDIS_6_2'; expected a redis-server of version 6.2."
    return
  fi
  case $(uname -sm) in
    'Linux x86_64') machine=linux-amd64 ;;
    'Linux aarch64') machine=linux-arm64 ;;
    *) fail "no Redis 6.2 is known for '$(uname -sm)'; name one with LARDER_REDIS_6_2." ;;
  esac
  found=$(compgen -G "$STORES/redis-6.2/redis-server-6.2*-$machine" || true)
  if [[ -z $found ]]; then
    ./mvnw -B -ntp -q "$UNPACK" -N -Dartifact="$EMBEDDED_REDIS" \
      -Dmdep.unpack.includes="redis-server-6.2*-$machine" \
      -DoutputDirectory="$STORES/redis-6.2" -Dmdep.useBaseVersion=true >&2 ||
      fail "Redis 6.2 ($EMBEDDED_REDIS) cannot be had from Maven; name a redis-server with LARDER_REDIS_6_2."
    found=$(compgen -G "$STORES/redis-6.2/redis-server-6.2*-$machine") ||
      fail "there is no Redis 6.2 for $machine in $EMBEDDED_REDIS; name one with LARDER_REDIS_6_2."
    chmod +x "$found"
  fi
  runs "$found" 'v=6.2' ||
    fail "'$found' does not run here ($("$found" --version 2>&1 | head -n 1)); name a redis-server with LARDER_REDIS_6_2."
}

# Downloads the packages of Valkey as a plain user, from the mirror this machine uses already: of
# its release, or of the backports to it.
valkey_packages() {
  local apt=$STORES/valkey/apt name uri signed=/usr/share/keyrings/debian-archive-keyring.gpg
  command -v apt-get >/dev/null ||
    fail "no 'valkey-server' on the PATH and no apt-get to get it with; install Valkey 7.2 or later, or name one with LARDER_VALKEY."
  name=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Identifier: Packages' |
    sed -n "s/^$name //p" | head -n 1)
  [[ -n $name && -n $uri ]] ||
    fail "no packages of release '$name' in the sources of apt; install Valkey 7.2 or later, or name one with LARDER_VALKEY."
  mkdir -p "$apt"/lists/partial "$apt"/archives/partial
  [[ -e $signed ]] && uri="[signed-by=$signed] $uri"
  printf 'deb %s main\n' "$uri $name" "$uri $name-backports" >"$apt/sources.list"
  local options=(
    -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt" -o APT::Sandbox::User=
  )
  apt-get "${options[@]}" update >&2 || true
  (cd "$apt" && apt-get "${options[@]}" download valkey-server valkey-tools >&2) ||
    fail "no Valkey in the packages of '$name' and its backports; install Valkey 7.2 or later, or name one with LARDER_VALKEY."
  local package
  for package in "$apt"/valkey-*.deb; do dpkg -x "$package" "$STORES/valkey"; done
  rm -r "$apt"
}

valkey() {
  local program=$STORES/valkey/usr/bin/valkey-server
  if [[ -n ${LARDER_VALKEY:-} ]]; then
    runs "$LARDER_VALKEY" 'Valkey server' ||
      fail "LARDER_VALKEY is '$LARDER_VALKEY'; expected a valkey-server of version 7.2 or later."
    return
  fi
  if command -v valkey-server; then return; fi
  [[ -x $program ]] || valkey_packages
  runs "$program" 'Valkey server' ||
    fail "'$program' does not run here: $("$program" --version 2>&1 | head -n 1). Install Valkey 7.2 or later, or name one with LARDER_VALKEY."
}

case ${1:-} in
  redis-6.2) redis_6_2 ;;
  valkey) valkey ;;
  *) fail "unknown store '${1:-}'; expected redis-6.2 or valkey." ;;
esac
