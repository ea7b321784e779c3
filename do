#!/usr/bin/env bash
# The verbs to develop ml-connector with. `./do help` lists them; CI calls only these.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What the test suites need beside Go; `setup` installs what is missing.
POSTGRES_MIN=15
BROWSER_TAG=browser

main() {
  local verb=${1:-help}
  [ $# -eq 0 ] || shift
  case "$verb" in
    help | build | demo | setup | test | lint | postgres | faults | simulate | planted | race | browser | acceptance | check) "verb_$verb" "$@" ;;
    *) say "no verb '$verb'"; verb_help >&2; exit 2 ;;
  esac
}

say() { printf '%s\n' "$*" >&2; }

## help        list the verbs
verb_help() {
  echo "usage: ./do VERB [ARGUMENT…]"
  sed -n 's/^## /  /p' "${BASH_SOURCE[0]##*/}"
}

## build       compile everything, and the program to ./ml-connector
verb_build() {
  go build ./...
  [ ! -d cmd/ml-connector ] || go build -o ml-connector ./cmd/ml-connector
}

## demo        both simulators, all Flows and the web UI, until Ctrl-C
verb_demo() { exec go run ./cmd/ml-connector demo "$@"; }

## setup       install what the tests need and this machine lacks: PostgreSQL, Chromium, a C compiler (Debian, Ubuntu), axe-core
verb_setup() {
  local missing=()
  [ -n "$(postgres_bin)" ] || missing+=(postgresql)
  [ -n "$(chromium_path)" ] || missing+=(chromium)
  command -v gcc >/dev/null || missing+=(gcc libc6-dev)
  command -v npm >/dev/null || missing+=(npm)
  [ ! -d ../shared/acceptance ] || command -v python3 >/dev/null || missing+=(python3)
  if [ ${#missing[@]} -eq 0 ]; then
    say "nothing to install from the system"
    setup_axe
    return
  fi
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here; install by hand: ${missing[*]}"
    return 1
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null
  if [ -z "$(postgres_bin)" ] || [ -z "$(chromium_path)" ]; then
    say "installed, but PostgreSQL ≥ $POSTGRES_MIN or Chromium still can't be found"
    return 1
  fi
  setup_axe
}

# axe-core, of the version that dev/axe pins: what the browser tests hold every page against.
setup_axe() {
  [ ! -f dev/axe/node_modules/axe-core/axe.min.js ] || [ dev/axe/package-lock.json -nt dev/axe/node_modules/.package-lock.json ] || return 0
  say "fetching axe-core"
  npm ci --prefix dev/axe --ignore-scripts --no-audit --no-fund --silent
}

## test        every test on SQLite, no network, no servers: go test ./... (or the packages given)
verb_test() { go test "${@:-./...}"; }

## lint        gofmt, go vet, staticcheck, and the rules of arch/
verb_lint() {
  local status=0
  lint_gofmt || status=1
  lint_vet || status=1
  lint_staticcheck || status=1
  go test ./arch || status=1
  return $status
}

lint_gofmt() {
  local unformatted
  unformatted=$(gofmt -l . | grep -v '_templ\.go$' || true)
  [ -z "$unformatted" ] || { say "not formatted (gofmt -w FILE):"; say "$unformatted"; return 1; }
}

lint_vet() { go vet -tags "$BROWSER_TAG" ./...; }

lint_staticcheck() { go tool -modfile=dev/tools/go.mod staticcheck -tags "$BROWSER_TAG" ./...; }

## postgres    run a command with a throw-away PostgreSQL: ./do postgres go test ./store/...
verb_postgres() {
  [ $# -gt 0 ] || { say "usage: ./do postgres COMMAND [ARGUMENT…]"; return 2; }
  local bin
  bin=$(postgres_bin)
  [ -n "$bin" ] || { say "no PostgreSQL ≥ $POSTGRES_MIN here; ./do setup installs it"; return 1; }

  PG_BIN=$bin
  PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ml-connector-postgres.XXXXXX")
  trap postgres_stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  postgres_start || { say "PostgreSQL did not start:"; tail -n 20 "$PG_DIR/log" >&2; return 1; }

  local status=0
  ML_CONNECTOR_TEST_POSTGRES="postgres://postgres@127.0.0.1:$PG_PORT/postgres?sslmode=disable" "$@" || status=$?
  return $status
}

# A cluster that is quick to throw away, and unlike a developer's in what SQL may not rely on: it sorts text as
# English does, not by bytes, and its clock stands far from UTC.
postgres_start() {
  : >"$PG_DIR/log"
  chmod 755 "$PG_DIR"
  [ "$(id -u)" -ne 0 ] || chown -R "$(postgres_user)" "$PG_DIR"
  as_postgres "$PG_BIN/initdb" -D "$PG_DIR/data" -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=en-US >>"$PG_DIR/log" 2>&1 || return 1
  local attempt
  for attempt in 1 2 3 4 5; do
    PG_PORT=$(free_port)
    if as_postgres "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -l "$PG_DIR/log" -w -t 60 -s start \
      -o "-h 127.0.0.1 -p $PG_PORT -k '$PG_DIR' -c max_connections=200 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c timezone=Pacific/Auckland" \
      >>"$PG_DIR/log" 2>&1; then
      return 0
    fi
  done
  return 1
}

postgres_stop() {
  as_postgres "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate -s stop >/dev/null 2>&1 || true
  rm -rf "$PG_DIR"
}

# The folder of PostgreSQL's server programs, the newest of those new enough; nothing when there is none.
postgres_bin() {
  local dir version
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) $(dirname "$(command -v initdb || echo /none/initdb)"); do
    [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] || continue
    version=$("$dir/initdb" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "$version" -ge "$POSTGRES_MIN" ] && { echo "$dir"; return 0; }
  done
  return 0
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u "$(postgres_user)" -- "$@"); else "$@"; fi
}

postgres_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# A port that nobody listens on, below those that the kernel hands out by itself.
free_port() {
  local port
  while :; do
    port=$((15000 + (RANDOM % 15000)))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
}

## faults      real processes, each killed, stopped or cut off in its own way (go run ./cmd/faults; takes its flags)
verb_faults() { go run ./cmd/faults "$@"; }

## simulate    everything in virtual time from seeds, with faults and kills (go run ./cmd/simulate; takes its flags)
verb_simulate() { go run ./cmd/simulate "$@"; }

## planted     build with each planted bug, and say how many seeds of the simulation find it
verb_planted() { go run ./cmd/simulate -planted; }

## race        every test under the race detector; -short, so that suites use smaller numbers (or the packages given)
verb_race() { CGO_ENABLED=1 go test -race -short "${@:-./...}"; }

## browser     the tests that drive the pages in a real Chromium (build tag `browser`)
verb_browser() {
  local chromium packages
  chromium=$(chromium_path)
  [ -n "$chromium" ] || { say "no Chromium here; ./do setup installs it"; return 1; }
  packages=$(browser_packages)
  [ -n "$packages" ] || { say "no test has the build tag $BROWSER_TAG yet"; return 0; }
  setup_axe
  # shellcheck disable=SC2086  # one word a package
  ML_CONNECTOR_TEST_CHROMIUM=$chromium go test -tags "$BROWSER_TAG" -run "^($(browser_tests))\$" $packages
}

# The tests that only this tag builds: what else is in their packages runs without a browser already.
browser_tests() {
  grep -rlE --include='*_test.go' "^//go:build .*\b$BROWSER_TAG\b" . | xargs grep -ohE '^func Test[A-Za-z0-9_]+' | cut -d' ' -f2 | paste -sd'|' -
}

browser_packages() {
  { grep -rlE --include='*_test.go' "^//go:build .*\b$BROWSER_TAG\b" . || true; } | xargs -r -n1 dirname | sort -u
}

chromium_path() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

## acceptance  the acceptance checks beside this checkout, in ../shared/acceptance
verb_acceptance() { PYTHONDONTWRITEBYTECODE=1 ../shared/acceptance/run "$@"; }

## check       all of it: setup, build, lint, tests on SQLite and PostgreSQL, race detector, browser, simulation, acceptance, faults
verb_check() {
  PASSED=0 FAILED=() SECONDS=0
  local packages
  packages=$(go list ./... | grep -v '/arch$' || true)
  step "setup" verb_setup
  step "build" verb_build
  step "gofmt" lint_gofmt
  step "go vet" lint_vet
  step "staticcheck" lint_staticcheck
  step "rooms and rules (arch)" go test ./arch
  # shellcheck disable=SC2086  # one word a package
  step "tests on SQLite" verb_test $packages
  # Go's test cache knows which tests asked for ML_CONNECTOR_TEST_POSTGRES: the others are not run twice.
  # shellcheck disable=SC2086
  step "tests on PostgreSQL" ./do postgres go test $packages
  # e2e runs the program as it is built for users, without the detector: its rooms' own tests have it.
  # shellcheck disable=SC2046
  step "tests with the race detector" verb_race $(grep -v '/e2e$' <<<"$packages")
  step "browser tests" verb_browser
  step "simulation" verb_simulate -seeds 500
  step "planted bugs" verb_planted
  [ ! -d ../shared/acceptance ] || step "acceptance" verb_acceptance
  step "faults at real processes" verb_faults

  echo
  [ ${#FAILED[@]} -eq 0 ] || printf 'FAILED: %s\n' "${FAILED[@]}"
  echo "checked in $((SECONDS / 60)) min $((SECONDS % 60)) s"
  echo "$PASSED passed, ${#FAILED[@]} failed"
  [ ${#FAILED[@]} -eq 0 ]
}

# step NAME COMMAND…: runs one step under its heading; a failure is noted, and the later steps still run.
step() {
  local name=$1 from=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  # A subshell of its own, so that errexit holds inside the step.
  set +e
  (set -e; "$@")
  status=$?
  set -e
  if [ $status -eq 0 ]; then
    PASSED=$((PASSED + 1))
    printf -- '-- %s: ok (%d s)\n' "$name" $((SECONDS - from))
  else
    FAILED+=("$name")
    printf -- '-- %s: FAILED with %d (%d s)\n' "$name" $status $((SECONDS - from))
  fi
}

main "$@"
