# The peers that benchmarks compare Weir with. Sourced after scripts/lib/setup.sh; only the programs are wanted:
# a benchmark starts servers of its own on free ports, so a packaged service must not run beside it.

peers="$root/.cache/bench"

# provide_server <program> <package> <service>
provide_server() {
  local as_root=()
  command -v "$1" >/dev/null && return
  ((EUID == 0)) || as_root=(sudo -n)
  apt_install "$2"
  if [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --now --quiet "$3.service" 2>/dev/null || true
  else
    "${as_root[@]}" "/etc/init.d/$3" stop >/dev/null 2>&1 || true
  fi
}

provide_influxdb() { provide_server influxd influxdb influxdb; }
provide_victoria_metrics() { provide_server victoria-metrics victoria-metrics victoria-metrics; }

provide_postgresql() {
  compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || provide_server postgres postgresql postgresql
}

# Node-RED 5 needs Node.js 22.9, Node-RED 4 runs with 18.5: the newest that the machine's Node.js can run.
node_red_release() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number)
    console.log(a > 22 || (a === 22 && b >= 9) ? "5.0.7" : a > 18 || (a === 18 && b >= 5) ? "4.1.15" : "")'
}

provide_node_red() {
  local release
  command -v node >/dev/null && command -v npm >/dev/null || apt_install nodejs npm
  release="$(node_red_release)"
  [[ -n "$release" ]] || fail "Node-RED needs Node.js 18.5 or newer; this machine has $(node --version)"
  [[ "$(cat "$peers/node-red/.ready" 2>/dev/null)" == "$release" ]] && return
  say "installing Node-RED $release and node-red-contrib-influxdb (npm, a minute)"
  mkdir -p "$peers/node-red"
  rm -f "$peers/node-red/.ready"
  printf '{"private": true}\n' >"$peers/node-red/package.json"
  (cd "$peers/node-red" && npm install --silent --no-audit --no-fund --omit=dev --ignore-scripts \
    "node-red@$release" node-red-contrib-influxdb@0.7.0) >&2 ||
    fail "Node-RED could not be installed. With a package registry at hand: npm install node-red@$release node-red-contrib-influxdb@0.7.0"
  printf '%s' "$release" >"$peers/node-red/.ready"
}

# provide <peer>...: provides each; says which can't be had. With --without-missing the benchmark goes on without them
# and `missing` names them, else it ends.
missing=()
provide() {
  local peer
  for peer in "$@"; do
    ("provide_$peer") && continue
    missing+=("$peer")
  done
  ((${#missing[@]} == 0)) && return
  [[ " ${asked[*]} " == *" --without-missing "* ]] ||
    fail "not to be had here: ${missing[*]}. To measure without: --without-missing"
  say "measuring without ${missing[*]}"
}
