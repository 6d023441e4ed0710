#!/usr/bin/env bash
# Runs a fuzzer that `cmake --preset fuzz && cmake --build --preset fuzz` built: the same inputs every time, or for as long as is
# said. 77: it was not built. Leaves nothing but what it found.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)

usage() {
  cat <<'USAGE'
usage: tests/fuzz/fuzz_test.sh policy|gateway|image [--seconds N] [--corpus FOLDER] [--out FOLDER]
  --seconds N      run for so long, from another seed every time (default: a fixed number of inputs, always the same)
  --corpus FOLDER  begin with what is there too, and keep there what reaches new code
  --out FOLDER     where an input that fails is written (default: it is printed in base64)
examples:
  tests/fuzz/fuzz_test.sh policy
  tests/fuzz/fuzz_test.sh image --seconds 600 --corpus /tmp/images
USAGE
}

seconds='' corpus='' out='' runs=''
target=${1:-}
case $target in
  policy) runs=600 ;;
  gateway) runs=10000 ;;
  image) runs=30000 ;;
  --help|-h) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
shift
while (( $# )); do
  [ $# -ge 2 ] || { usage >&2; exit 2; }
  case $1 in
    --seconds) seconds=$2 ;;
    --corpus) corpus=$2 ;;
    --out) out=$2 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift 2
done

bin=$top/build/fuzz/bin
[ -x "$bin/fuzz-$target" ] || { echo "skipped: there is no $bin/fuzz-$target; cmake --preset fuzz && cmake --build --preset fuzz"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "$corpus" ] || { corpus=$work/corpus; mkdir "$corpus"; }
[ -n "$out" ] || { out=$work/found; mkdir "$out"; }
"$bin/make-seeds" "$top" "$work/seeds"

# Addresses must not differ from run to run: the program's branches depend on them, and so what is gone on from.
fuzzer=("$bin/fuzz-$target")
if [ -z "$seconds" ] && setarch -R true 2>/dev/null; then fuzzer=(setarch -R "${fuzzer[@]}"); fi
longest=65536
[ "$target" = image ] && longest=524288 # a dense map takes 262144
options=("-max_len=$longest" -len_control=0 -mutate_depth=1 -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$out/")
if [ -n "$seconds" ]; then options+=(-max_total_time="$seconds"); else options+=(-seed=1 -reload=0 -runs="$runs"); fi
[ "$target" = image ] || options+=(-dict="$top/tests/fuzz/documents.dict")
if ! "${fuzzer[@]}" "${options[@]}" "$corpus" "$work/seeds/$target" >"$work/log" 2>&1; then
  grep -vE '^#[0-9]+' "$work/log" | tail -n 60
  for found in "$out"/*; do
    echo "found: $found, base64:"
    base64 -w 0 "$found" | head -c 100000
    echo
  done
  exit 1
fi
grep -E '^Done|^tally|slowest_unit|peak_rss_mb' "$work/log"
if [ -z "$seconds" ] && grep -q '^tally: 0 ' "$work/log"; then echo "failed: nothing got that far"; exit 1; fi
