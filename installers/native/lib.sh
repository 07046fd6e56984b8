# What the native builds share: pinned sources from Debian's archive, and a compiler for an old glibc.
#
# Sourced by installers/spatialite/build and installers/python/build. Everything is kept under
# .cache/build, where a second run finds it. Linux only: other systems say in their build what they take.

set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"
native="$root/installers/native"
cache="${WEIR_BUILD_CACHE:-$root/.cache/build}"
sources="$cache/sources"
machine="$(uname -m)"

# The oldest C library that a build may need: that of Debian 10 and RHEL 8, and what the wheels of NumPy and
# DuckDB are made for. installers/pyinstaller/symbols.py fails the build when anything needs a newer one.
glibc="$(<"$native/glibc")"

export LC_ALL=C TZ=UTC ZERO_AR_DATE=1
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"

say() { printf 'weir: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

need() { # <program> <Debian package>
  command -v "$1" >/dev/null || fail "missing: $1. Install with: sudo apt-get install $2"
}

# The mirror that this machine takes its packages from.
mirror() {
  if [[ -n "${WEIR_DEBIAN_MIRROR:-}" ]]; then
    printf '%s' "$WEIR_DEBIAN_MIRROR"
    return
  fi
  env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }'
}

# Lists of source packages, kept apart from those of the machine.
apt_lists() {
  local from
  need apt-get apt && need dpkg-source dpkg-dev
  from="$(mirror)"
  [[ -n "$from" ]] || fail "no Debian mirror is known here; name one: WEIR_DEBIAN_MIRROR=http://HOST/debian"
  mkdir -p "$cache/apt"/{lists/partial,archives/partial}
  : >"$cache/apt/sources.list"
  local suite
  for suite in bookworm trixie; do
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$from" "$suite"
  done >"$cache/apt/sources.list"
  cat >"$cache/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$cache/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$cache/apt/lists";
Dir::Cache "$cache/apt";
APT::Sandbox::User "";
CONF
  APT_CONFIG="$cache/apt/apt.conf" apt-get -qq -o Acquire::Retries=3 -o APT::Update::Error-Mode=any update ||
    fail "the lists of source packages could not be had from $from"
}

# source_of <package> <folder>: unpack the pinned source, with Debian's patches, into a folder.
source_of() {
  local package="$1" folder="$2" version
  version="$(awk -v p="$package" '$1 == p { print $2; exit }' "$native/sources.lock")"
  [[ -n "$version" ]] || fail "$package is not in installers/native/sources.lock"
  mkdir -p "$sources"
  if ! all_there "$package"; then
    [[ -n "${lists_are_fresh:-}" ]] || apt_lists
    lists_are_fresh=yes
    say "fetching the source of $package $version"
    (cd "$sources" && APT_CONFIG="$cache/apt/apt.conf" apt-get source --download-only -qq "$package=$version" >/dev/null) ||
      fail "the source of $package $version is not there any more: take the present version into installers/native/sources.lock"
    all_there "$package" || fail "the source of $package is not what installers/native/sources.lock says"
  fi
  rm -rf "$folder"
  dpkg-source --no-check --skip-debianization -x "$sources/$(dsc "$package")" "$folder" >/dev/null 2>&1 ||
    dpkg-source --no-check -x "$sources/$(dsc "$package")" "$folder" >/dev/null
}

dsc() { awk -v p="$1" '$1 == p && $4 ~ /\.dsc$/ { print $4 }' "$native/sources.lock"; }

all_there() { # <package>
  awk -v p="$1" '$1 == p { print $3 "  " $4 }' "$native/sources.lock" |
    (cd "$sources" && sha256sum --check --status --strict 2>/dev/null)
}

# compiler <python with ziglang>: puts cc, c++, ar and ranlib that aim at the old glibc into $tools.
compiler() {
  local zig name
  zig="$("$1" -I -c 'import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).parent / "zig")')" ||
    fail "the compiler is not installed: requirements-build.lock names it (ziglang)"
  tools="$cache/tools-$machine-$glibc"
  mkdir -p "$tools"
  export ZIG_GLOBAL_CACHE_DIR="$cache/zig" ZIG_LOCAL_CACHE_DIR="$cache/zig"
  for name in cc c++; do
    write_tool "$name" "exec '$zig' $name -target $machine-linux-gnu.$glibc -mcpu=baseline -fno-sanitize=all -g0 \"\$@\""
  done
  for name in ar ranlib; do write_tool "$name" "exec '$zig' $name \"\$@\""; done
  export CC="$tools/cc" CXX="$tools/c++" AR="$tools/ar" RANLIB="$tools/ranlib"
}

write_tool() { # <name> <line>
  printf '#!/bin/sh\n%s\n' "$2" >"$tools/$1.new"
  chmod +x "$tools/$1.new"
  mv "$tools/$1.new" "$tools/$1"
}

quietly() { # <log> <command>...: shows the end of the log when the command fails
  local log="$1"
  shift
  mkdir -p "$(dirname "$log")"
  nice -n 5 "$@" >"$log" 2>&1 </dev/null || {
    tail -n 25 "$log" >&2
    fail "failed: $*; the log is $log"
  }
}

lock_entry() { # <package> <lock>: its lines, with their hashes
  awk -v p="$1" '/^[^ #]/ { on = index($0, p "==") == 1 } on' "$2"
}

# stage <package> <function>: unpack a source into $work/<package> and make it there, unless that was done before in
# the same way; so a build that was cut off goes on where it was.
stage() {
  local package="$1" making="$2" way
  # Of the compiler its version and how it is called, not where it lies: that is another place in each checkout.
  way="$({ grep "^$package " "$native/sources.lock"; declare -f "$making"; echo "$glibc" "$work"
    "$python" -I -m ziglang version; sed "s/^exec '[^']*'//" "$CC"; } | sha256sum)"
  [[ "$(cat "$work/.made-$package" 2>/dev/null)" == "$way" ]] && return
  # For whoever mends a stage: WEIR_RESUME=PACKAGE goes on in the folder as it is.
  [[ "${WEIR_RESUME:-}" == "$package" ]] || source_of "$package" "$work/$package"
  (cd "$work/$package" && "$making")
  printf '%s\n' "$way" >"$work/.made-$package"
}

# part <folder> <package> <SPDX expression> <licence> <file>...: note what is inside, for the bill of materials.
part() {
  local folder="$1" package="$2" licence="$3" text="$4" version files
  shift 4
  version="$(awk -v p="$package" '$1 == p { print $2; exit }' "$native/sources.lock")"
  cp "$text" "$folder/licences/$package.txt" || fail "the licence of $package is not where it was"
  printf -v files '"%s", ' "$@"
  printf '  {"name": "%s", "version": "%s", "licence": "%s", "text": "licences/%s.txt", "files": [%s]}\n' \
    "$package" "$version" "$licence" "$package" "${files%, }" >>"$folder/parts.lines"
}

# finished <folder> <place>: everything is made; from now on it is found there.
finished() {
  { echo '['; sed '$!s/$/,/' "$1/parts.lines"; echo ']'; } >"$1/parts.json"
  rm "$1/parts.lines"
  rm -rf "$2"
  mv "$1" "$2"
}
