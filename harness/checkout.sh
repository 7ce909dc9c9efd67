# What ./larder does in a checkout beside running Larder: it builds what is missing. Sourced by it.

readonly JAR=server/target/larder.jar
readonly START_CACHE=server/target/larder.aot
readonly JVM_OPTIONS=server/jvm.options
readonly DASHBOARD=dashboard/dist/index.html
readonly NODE_WANTED=20.9.0
readonly LOG_DIR=.larder/log
readonly SERVER_SOURCES=(pom.xml {core,client,redis-engine,redis-client,store-redis,server}/{pom.xml,src/main})

usage_of_checkout() {
  cat <<'USAGE'
  demo     build what is missing, then run the server, an origin and two instances of
           examples/shop until Ctrl-C
  build    only build: the server with its dashboard, the npm package and the example;
           'build dashboard' only the page that goes into the server, 'build release' the archive
           target/larder-<version>.tar.gz
  test     run all tests, as CI does: [--full] [--only TEXT]
           (./larder test --help lists all parts)
  bench    measure Larder and other cache handlers side by side: [--quick] [--only ROW,…] …
           (./larder bench --help lists all options)
USAGE
}

# Runs a command that only a checkout has.
command_of_checkout() {
  case $1 in
    demo) shift && demo "$@" ;;
    build) shift && build "$@" ;;
    test) shift && run_tests "$@" ;;
    bench) shift && bench "$@" ;;
    *) unknown_command "$1" ;;
  esac
}

say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }

# Runs a step with its output in a log file, a line of progress while it lasts, and the end of the
# log if it fails.
step() {
  local what=$1 log
  shift
  log="$LOG_DIR/$(tr -c 'a-z0-9\n' '-' <<<"${what,,}").log"
  mkdir -p "$LOG_DIR"
  local started=$SECONDS
  "$@" >"$log" 2>&1 &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if [[ -t 1 ]]; then printf '\r  %s … %ds ' "$what" $((SECONDS - started)); fi
    sleep 0.2
  done
  if wait "$pid"; then
    if [[ -t 1 ]]; then printf '\r\033[K'; fi
    printf '  %s: done in %ds\n' "$what" $((SECONDS - started))
  else
    if [[ -t 1 ]]; then printf '\r\033[K'; fi
    tail -n 60 "$log" >&2
    fail "$what failed; the whole output is in $log"
  fi
}

# Why the page cannot be built, as a part of a sentence; nothing if it can.
why_no_node() {
  local version
  if ! command -v node >/dev/null; then
    printf "no 'node' on the PATH; Node.js %s or later is needed (https://nodejs.org)" "$NODE_WANTED"
    return
  fi
  version=$(node -p process.versions.node)
  if [[ $(printf '%s\n%s\n' "$NODE_WANTED" "$version" | sort -V | head -n 1) != "$NODE_WANTED" ]]; then
    printf "'node' on the PATH is %s (%s); %s or later is needed (https://nodejs.org)" \
      "$version" "$(command -v node)" "$NODE_WANTED"
  elif ! command -v npm >/dev/null; then
    printf "no 'npm' on the PATH; it comes with Node.js (https://nodejs.org)"
  fi
}

find_node() {
  local missing
  missing=$(why_no_node)
  [[ -z $missing ]] || fail "$missing."
}

# True if $1 is missing or older than a source under the other arguments.
outdated() {
  local built=$1
  shift
  [[ ! -e $built ]] ||
    [[ -n $(find "$@" -newer "$built" -type f \
      -not -path '*/node_modules/*' -not -path '*/target/*' -not -path '*/dist/*' \
      -not -path '*/.next*/*' -print -quit) ]]
}

# The page the server shows at /, which its build puts into the jar.
build_dashboard() {
  install_packages
  if outdated "$DASHBOARD" dashboard/src dashboard/build.mjs dashboard/package.json; then
    step 'Build the dashboard' npm -w dashboard run build
  fi
}

# The same where it can be built; where it cannot, one line says what is missing, and nothing is lost but the page.
build_dashboard_if_possible() {
  local missing
  missing=$(why_no_node)
  if [[ -z $missing ]]; then
    (build_dashboard) || missing='it could not be built, as is said above'
  fi
  if [[ ! -e $DASHBOARD ]]; then
    printf 'larder: there is no dashboard at / of this server: %s.\n' "$missing" >&2
  fi
}

# Needs no Node.js: without the dashboard, the server says at / how to build it.
build_server() {
  find_java
  if outdated "$JAR" "${SERVER_SOURCES[@]}" || [[ $DASHBOARD -nt $JAR ]]; then
    step 'Build the server' ./mvnw -B -ntp -pl core,testkit,client,redis-engine,redis-client,store-redis,server package -DskipTests
    # Maven leaves it alone if what changed makes no difference to it.
    touch "$JAR"
  fi
  build_start_cache
}

# What a JVM finds out about the server at every start, found out once; it ignores what is of another
# JVM, of another build or damaged. Without it the server only starts more slowly.
build_start_cache() {
  if [[ ! $START_CACHE -nt $JAR || ! $START_CACHE -nt $JVM_OPTIONS || ! $START_CACHE -nt $JAVA_HOME/release ]]; then
    rm -f "$START_CACHE"
    # Under another name until it is whole.
    if (step 'Train a start of the server' "$JAVA_HOME/bin/java" "@$JVM_OPTIONS" \
      "-XX:AOTCacheOutput=$START_CACHE.new" -jar "$JAR" train); then
      mv "$START_CACHE.new" "$START_CACHE"
    else
      printf 'larder: starts take longer without %s.\n' "$START_CACHE" >&2
    fi
  fi
}

install_packages() {
  find_node
  if outdated node_modules/.package-lock.json package-lock.json; then
    step 'Install the npm packages' npm ci
  fi
}

build_next() {
  install_packages
  if outdated next/dist/index.js next/src next/package.json next/tsconfig.json; then
    step 'Build the npm package' npm -w next run build
  fi
}

build_shop() {
  install_packages
  if outdated examples/shop/.next/BUILD_ID examples/shop next/dist; then
    step 'Build the example' npm -w examples/shop run build
  fi
}

# The archive of a release, which needs nothing but a Java.
build_release() {
  find_java
  find_node
  build_dashboard
  build_server
  local version name staged=target/release
  version=$("$JAVA_HOME/bin/java" -jar "$JAR" --version)
  name=larder-${version#larder }
  rm -rf "$staged"
  mkdir -p "$staged/$name/lib" "$staged/$name/completion"
  cp larder LICENSE NOTICE CHANGELOG.md "$staged/$name/"
  cp "$JAR" "$JVM_OPTIONS" "$staged/$name/lib/"
  "$JAVA_HOME/bin/java" -jar "$JAR" completion >"$staged/$name/completion/larder"
  tar -C "$staged" -czf "target/$name.tar.gz" "$name"
  rm -rf "$staged"
  printf '  %s\n' "target/$name.tar.gz"
}

build() {
  case ${1:-} in
    dashboard) build_dashboard ;;
    release) build_release ;;
    '') build_all ;;
    *) fail "unknown thing to build '$1'; expected none, dashboard or release." ;;
  esac
}

build_all() {
  find_java
  find_node
  build_dashboard
  build_server
  build_next
  build_shop
}

demo() {
  find_java
  find_node
  say 'Larder demo: one cache, two Next.js instances'
  build_all
  exec node examples/shop/demo/demo.mjs --jar "$JAR" --java "$JAVA_HOME/bin/java" \
    --data .larder/demo "$@"
}

# What the benchmark and the peers in it need beside Larder, which only they need.
build_bench() {
  build_java_bench
  build_next
  local peers=conformance/peers
  if outdated "$peers/node_modules/.package-lock.json" "$peers/package-lock.json" ||
    outdated "$peers/turbo/node_modules/.package-lock.json" "$peers/turbo/package-lock.json"; then
    step 'Install the other cache handlers' npm -w conformance run peers:install
  fi
}

# The benchmarks in Java, which need the server's jar and what is beside it.
build_java_bench() {
  if outdated bench/target/class-path bench/pom.xml bench/src "${SERVER_SOURCES[@]}"; then
    step 'Build the benchmarks' \
      ./mvnw -B -ntp -pl core,testkit,client,redis-engine,redis-client,store-redis,server,bench package -DskipTests
    touch "$JAR" bench/target/class-path
  fi
  build_start_cache
}

# Runs a program of bench/src: jmh, or server with what dev.larder.bench.ServerBench takes.
java_bench() {
  local program=$1
  shift
  find_java
  build_java_bench >&2
  local main=org.openjdk.jmh.Main
  if [[ $program == server ]]; then main=dev.larder.bench.ServerBench; fi
  exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    -cp "bench/target/classes:$(<bench/target/class-path)" "$main" "$@"
}

bench() {
  case ${1:-} in
    jmh | server) java_bench "$@" ;;
  esac
  find_java
  find_node
  case ${1:-} in
    --help | -h) ;;
    *) build_bench ;;
  esac
  export LARDER_JAR=$PWD/$JAR LARDER_JAVA=$JAVA_HOME/bin/java
  exec node bench/main.mjs "$@"
}

run_tests() {
  find_java
  find_node
  exec node harness/suite/main.mjs "$@"
}
