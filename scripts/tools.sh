# shellcheck shell=bash
# Finds and installs what the scripts need. Sourced by scripts/demo, scripts/test and scripts/corpus, from the
# repository's root. Works on Debian and Ubuntu, as root or with sudo.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# release_wold: the absolute path of the release build.
release_wold() { printf '%s/release/wold\n' "$(realpath -m "${CARGO_TARGET_DIR:-target}")"; }

# as_root COMMAND...: runs it with the rights to install packages.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else die "cannot install packages: neither root nor sudo. Run as root: $*"
  fi
}

# Whether the package lists were refreshed in this run.
apt_fresh=
apt_refresh() {
  [ -z "$apt_fresh" ] || return 0
  apt_fresh=yes
  (as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null) || say "apt-get update failed, going on" >&2
}

# apt_has PACKAGE...: every one of them can be installed.
apt_has() {
  local p policy
  for p; do
    policy=$(LC_ALL=C apt-cache policy "$p" 2>/dev/null)
    [[ $policy == *"Candidate: "[0-9]* ]] || return 1
  done
}

# apt_install PACKAGE...
apt_install() {
  [ $# -gt 0 ] || return 0
  have apt-get || die "needs apt-get to install: $*. Install them by hand and run again."
  say "installing $*"
  apt_refresh
  local log
  log=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" 2>&1) ||
    die "could not install $*: $log"
}

# llvm_versions PREFIX SUFFIX: the version numbers N, newest first, for which apt knows a package PREFIX-N-SUFFIX.
llvm_versions() {
  apt-cache pkgnames "$1-" 2>/dev/null | sed -n "s/^$1-\([0-9]\+\)$2\$/\1/p" | sort -rn
}

# installed_clangs: the N of every clang-N on PATH, newest first.
installed_clangs() {
  local d f
  printf '%s\n' "$PATH" | tr : '\n' | while read -r d; do
    for f in "$d"/clang-[0-9]*; do
      [ -x "$f" ] && printf '%s\n' "${f##*/clang-}"
    done
  done | grep -E '^[0-9]+$' | sort -rnu
}

# wasm_builtins CLANG: the path of its compiler-rt builtins for wasm32, if it has them.
wasm_builtins() {
  find "$("$1" -print-resource-dir)" -name 'libclang_rt.builtins*.a' 2>/dev/null | grep -m1 -E 'wasm32|wasi'
}

# node_wasi: exports NODE_OPTIONS so that node has WASI; before version 20 that wants a flag.
node_wasi() {
  local major
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  if [ "$major" -lt 20 ]; then export NODE_OPTIONS="--experimental-wasi-unstable-preview1 ${NODE_OPTIONS:-}"; fi
}

# install_clients [N]: what the tests of clients need of apt: the libraries of clang-N (default: 22) for WASI, CMake,
# Meson, Ninja and wabt. Packages that are not to be had here are left out, and said.
install_clients() {
  local n=${1:-22} wanted=() there=() package
  have apt-get || { say "no apt-get: tests of clients that are not installed are skipped"; return 0; }
  have cmake || wanted+=(cmake)
  have meson || wanted+=(meson)
  have ninja || wanted+=(ninja-build)
  have wat2wasm || wanted+=(wabt)
  [ -e /usr/lib/wasm32-wasi/libc.a ] || wanted+=(wasi-libc)
  [ -n "$(wasm_builtins "clang-$n" 2>/dev/null || true)" ] || wanted+=("libclang-rt-$n-dev-wasm32")
  [ -e /usr/lib/wasm32-wasi/libc++.a ] || wanted+=("libc++-$n-dev-wasm32" "libc++abi-$n-dev-wasm32")
  [ ${#wanted[@]} -gt 0 ] || return 0
  apt_refresh
  for package in "${wanted[@]}"; do
    if apt_has "$package"; then there+=("$package"); else say "not packaged here: $package"; fi
  done
  (apt_install "${there[@]}")
}
