# shellcheck shell=bash
# What ./tools/test and ./tools/lab share: talking, long work with progress, Debian packages, the build.
# Sourced, not run. `top` is the repository's root.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build/release
bin=$build/bin

say() { printf '%s\n' "$*"; }
die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# long_work TITLE LOG COMMAND... — runs COMMAND with its output in LOG; a line every 15 s says how far it is, a failure shows the end.
long_work() {
  local title=$1 log=$2 started=$SECONDS next=15 status=0 pid
  shift 2
  say "$title"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # A background child ignores Ctrl-C, so it is ended by hand.
  trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if (( SECONDS - started >= next )); then
      say "  $(( SECONDS - started )) s  $(tail -c 500 "$log" | tr '\r' '\n' | grep -E '[^ ]' | tail -n 1 | cut -c1-100)"
      next=$(( SECONDS - started + 15 ))
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if (( status != 0 )); then
    say "  failed (exit status $status):"
    grep -E 'error|FAILED|E:' "$log" | head -n 30
    tail -n 10 "$log"
  else
    say "  done in $(( SECONDS - started )) s"
  fi
  return "$status"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# packages GROUP... — the packages of tools/deps/debian.txt in these groups.
packages() {
  local wanted=" $* "
  local name group
  while read -r name group; do
    case $name in ''|'#'*) continue ;; esac
    if [[ $wanted == *" $group "* ]]; then say "$name"; fi
  done <"$top/tools/deps/debian.txt"
}

missing_packages() {
  local name
  for name in $(packages "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || say "$name"
  done
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Installs, and where the package lists are old or absent refreshes them once and tries again.
update_and_install() {
  if ! apt-cache policy "$@" | grep -q 'Candidate: (none)' && [ "$(apt-cache policy "$@" | grep -c Candidate)" = $# ]; then
    apt_install "$@" && return
  fi
  as_root apt-get update && apt_install "$@"
}

# Packages that bring a service (nginx, prometheus) must not start it: services of the host are not ours to change.
install_without_services() {
  local guard=/usr/sbin/policy-rc.d ours='' status=0 package
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
    as_root chmod 755 "$guard"
    ours=1
  fi
  update_and_install "$@" || status=$?
  if [ "$ours" ]; then as_root rm -f "$guard"; fi
  for package in "$@"; do
    case $package in
      nginx-light|prometheus) if [ -d /run/systemd/system ]; then as_root systemctl disable "${package%-light}" || true; fi ;;
    esac
  done
  return "$status"
}

# install_missing GROUP... — what these groups lack, with a line that says so.
install_missing() {
  local missing log
  command -v dpkg-query >/dev/null || die "this installs Debian packages; elsewhere install those of tools/deps/debian.txt and use --no-install"
  mapfile -t missing < <(missing_packages "$@")
  (( ${#missing[@]} )) || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "needs root to install packages; run as root: apt-get install ${missing[*]}"
  fi
  log=$(mktemp)
  long_work "installing ${#missing[@]} packages: ${missing[*]}" "$log" install_without_services "${missing[@]}" || { rm -f "$log"; exit 2; }
  rm -f "$log"
}

# unpack_kernel — the kernel of group pci-kernel, below build/pci-kernel. The host's own kernel and its boot stay as they are.
unpack_kernel() {
  local folder=$top/build/pci-kernel log
  [ ! -d "$folder/boot" ] || return 0
  mkdir -p "$folder"
  log=$(mktemp)
  long_work "unpacking a kernel for a guest" "$log" download_kernel "$folder" "$(packages pci-kernel)" || { rm -rf "$log" "$folder"; exit 2; }
  rm -f "$log"
}

# download_kernel FOLDER NAME — NAME is empty but for the package of the newest kernel, on which it depends.
download_kernel() {
  cd "$1" || return
  find_newest() { apt-cache depends "$1" | sed -n 's/^ *Depends: //p' | head -n 1; }
  if [ -z "$(find_newest "$2")" ]; then as_root apt-get update || return; fi
  apt-get download "$(find_newest "$2")" && dpkg-deb --extract ./*.deb . && rm -f ./*.deb
}

# configure_and_build JOBS CMAKE-OPTION... [-- TARGET...] — the release preset.
configure_and_build() {
  local jobs=$1 options=() targets=()
  shift
  while (( $# )) && [ "$1" != -- ]; do options+=("$1"); shift; done
  if (( $# )); then shift; targets=(--target "$@"); fi
  mkdir -p "$build"
  long_work "configuring" "$build/configure.log" cmake -S "$top" --preset release "${options[@]}" || exit 2
  long_work "building (-j $jobs)" "$build/build.log" cmake --build "$build" --parallel "$jobs" "${targets[@]}" || exit 2
}
