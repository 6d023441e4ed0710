#!/usr/bin/env bash
# `./tools/lab down` ends what its own lab made, by that lab's records, and nobody else's namespaces, however they are called.
. "$(dirname "$0")/lib.sh"

lab() { env -u SUDO_UID TMPDIR="$work" SALLYPORT_OWN_USER_NAMESPACE= "$top/tools/lab" "$@" 2>&1; }
there() { [ -e "/run/netns/$(namespace "$1")" ] && printf yes || printf no; }

# A lab that was left running: its folder, a namespace of its own with a process in it.
a_lab_left_running() {
  mkdir "$work/sallyport-lab.left"
  ip netns add "$(namespace own)"
  start sleeper own sleep 600
  printf '%s %s sleeper\n' "$started" "$(started_at "$started")" >"$work/sallyport-lab.left/processes"
  namespace own >"$work/sallyport-lab.left/namespaces"
  printf '\n' >>"$work/sallyport-lab.left/namespaces"
  touch "$work/sallyport-lab.left/up"
}

e2e_begin "$@"
world_begin "sallyport-lab-e2e-$$"
expect "down without a lab" "no lab was running" "$(lab down)"
add_namespace another
start other another sleep 600
a_lab_left_running
expect "down" "the lab is down" "$(lab down)"
expect "its namespace" no "$(there own)"
expect "its process" gone "$(gone "$(cut -d ' ' -f 1 <"$work/processes" | tail -n 1)" && printf gone)"
expect "its folder" "" "$(find "$work" -name 'sallyport-lab.*')"
expect "a namespace of another lab" yes "$(there another)"
expect "its process" alive "$(gone "$(cut -d ' ' -f 1 <"$work/processes" | head -n 1)" || printf alive)"
e2e_end
