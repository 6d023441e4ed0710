#!/usr/bin/env bash
# What the README says one may type does what it says there, in the lab.
. "$(dirname "$0")/lib.sh"

# The lines of the first code block below a heading.
lines_below() { awk -v heading="## $1" '$0 == heading { on = 1; next } on && /^```/ { if (inside) exit; inside = 1; next } inside' "$top/README.md"; }

# typed LINE — as in the lab's shell, without the remark behind three blanks.
typed() {
  local words=() status=0
  read -ra words <<<"${1%%   *}"
  (cd "$work" && sallyport "${words[@]:1}") >"$work/typed.log" 2>&1 || status=$?
  expect "${words[*]}" 0 "$status"
  if (( status )); then cat "$work/typed.log"; fi
}

changes() {
  local line count=0
  policy '.security_groups.web.description = "changed"' >"$work/policy.json"
  while read -r line; do
    typed "$line"
    count=$((count + 1))
    if [[ $line == *--confirm-within* ]]; then typed "sallyport confirm"; fi
  done < <(lines_below "Changing rules while traffic flows")
  expect_match "commands" '^[5-9]$' "$count"
}

trace() {
  local line shown
  line=$(grep -oE '`sallyport trace --running [^`]*`' "$top/README.md" | tr -d '`')
  shown=$(awk '/sallyport trace --running/ { on = 1 } on && /^```/ { if (inside) exit; inside = 1; next } inside' "$top/README.md")
  read -ra words <<<"$line"
  expect "the trace" "$shown" "$(sallyport "${words[@]:1}" || true)"
}

e2e_begin "$@"
lab_network "$e2e_prefix"
trace
changes
e2e_end
