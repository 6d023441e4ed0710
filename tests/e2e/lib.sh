# shellcheck shell=bash
# What every end-to-end test starts with: . "$(dirname "$0")/lib.sh"; e2e_begin NAME; …; e2e_end
#
# Owner: tests/e2e. Each *_test.sh is a ctest of its own (label e2e, one at a time, 60 s at most, exit status 77 = skipped).
# Always: everything is made under a prefix of this run's own and is gone afterwards, whatever happens.
#
#   lab_hosts, start_gateway FILE, lab_network PREFIX, get HOST URL, get_seen HOST URL, dropped_as CODE and the rest: tools/world.sh, tools/lab.d/network.sh
#   expect TITLE EXPECTED SEEN · expect_match TITLE REGEX SEEN · refused TITLE STATUS REGEX COMMAND... · policy JQ-FILTER > FILE
#   refuses_to_start TITLE REGEX FILE · talk NAME HOST ADDRESS PORT · answers, answers_soon, pinged HOST ADDRESS · silence TITLE CODE HOST URL · books_balance

set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../..
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/common.sh"
# shellcheck source-path=SCRIPTDIR/../..
. "$top/tools/world.sh"
# shellcheck source-path=SCRIPTDIR/../..
. "$top/tools/lab.d/network.sh"
bin=${SALLYPORT_BIN:-$bin}

failures=0

# e2e_begin — skips where namespaces cannot be made, even as root of a user namespace.
e2e_begin() {
  local reason tool
  if [ "$(id -u)" != 0 ] && ! unshare --user --map-root-user --net --mount true 2>/dev/null; then
    say "skipped: needs root or user namespaces"; exit 77
  fi
  world_without_root "$@"
  for tool in ip ethtool nginx curl dnsmasq dig ping jq; do
    command -v "$tool" >/dev/null || { say "skipped: $tool is not installed"; exit 77; }
  done
  if ! reason=$(world_possible); then say "skipped: $reason"; exit 77; fi
  trap 'world_end' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  e2e_prefix=sallyport-e2e-$$
}

expect() {
  if [ "$2" = "$3" ]; then say "ok      $1: $3"; return; fi
  say "FAILED  $1: expected $2, saw $3"
  failures=$((failures + 1))
}

expect_match() {
  if [[ $3 =~ $2 ]]; then say "ok      $1"; return; fi
  say "FAILED  $1: expected something like $2, saw $3"
  failures=$((failures + 1))
}

# refused TITLE STATUS REGEX COMMAND... — a command of sallyport ends with this status and says this.
refused() {
  local title=$1 wanted=$2 words=$3 status=0
  shift 3
  sallyport "$@" >"$work/refused.log" 2>&1 || status=$?
  expect "$title: exit status" "$wanted" "$status"
  expect_match "$title: the reason" "$words" "$(head -c 2000 "$work/refused.log")"
}

# refuses_to_start TITLE REGEX FILE [OPTION...] — sallyportd with this gateway document ends with exit status 2 and says this.
refuses_to_start() {
  local status=0
  in_host gateway env XDG_RUNTIME_DIR="$work" timeout 20 "$bin/sallyportd" --config "$3" "${@:4}" >"$work/refused.log" 2>&1 || status=$?
  expect "$1: exit status" 2 "$status"
  expect_match "$1: the reason" "$2" "$(head -c 2000 "$work/refused.log")"
}

# talk NAME HOST ADDRESS PORT — one connection, two requests; the second when $work/go appears. "answered answered" or "… silence"
# in $work/NAME.talk.
talk() {
  in_host "$2" bash -c '
    exec 3<>"/dev/tcp/$1/$2"
    ask() {
      printf "GET / HTTP/1.1\r\nHost: web\r\n\r\n" >&3
      while read -r -t 3 line <&3; do [[ $line == hello* ]] && { echo answered; return; }; done
      echo silence
    }
    ask
    until [ -e "$3" ]; do sleep 0.05; done
    ask' talk "$3" "$4" "$work/go" >"$work/$1.talk" 2>&1
}

answers() { in_host "$1" ping -c 1 -W 1 -q "$2"; }
# answers_soon HOST ADDRESS — within five seconds: "yes" or "no".
answers_soon() { wait_until 5 answers "$1" "$2" && printf yes || printf no; }

# pinged HOST ADDRESS [options of ping] — "yes" or "no".
pinged() { in_host "$1" ping -c 1 -W 1 -q "${@:3}" "$2" >/dev/null 2>&1 && printf yes || printf no; }

# silence TITLE CODE HOST URL — no answer for the client, and the code's counter rises.
silence() {
  local before
  before=$(dropped_as "$2")
  expect "$1" "no answer" "$(get "$3" "$4" --connect-timeout 1)"
  expect_match "$1 is counted as $2" '^[1-9]' "$(( $(dropped_as "$2") - before ))"
}

# The sums of docs/counters.md, in a moment without packets under way.
books_balance() {
  sallyport counters -o json | jq -e '(.packets | .in == .forwarded + .dropped + .consumed + .held and
    .out == .forwarded + .originated + .fragments_added) and .packets.dropped == ([.drops[]] | add)'
}

# The lab's policy changed by a jq filter.
policy() { jq "$1" "$top/tools/lab.d/policy.json"; }

e2e_end() {
  if (( failures )) && [ -e "$work/sallyportd.log" ]; then tail -n 20 "$work/sallyportd.log"; fi
  exit $(( failures > 0 ))
}
