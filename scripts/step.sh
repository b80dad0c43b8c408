# step.sh - sourced by the other scripts: one line a step, with seconds.

# step NAME LOG COMMAND...: run a command with its output in a file; show the end of that only if it fails, and stop.
step() {
  local name=$1 log=$2 start=$SECONDS
  shift 2
  mkdir -p "$(dirname "$log")"
  printf '%-28s' "$name"
  if "$@" >"$log" 2>&1; then
    printf '%4d s\n' $((SECONDS - start))
  else
    local status=$?
    printf '%4d s  FAILED (%s)\n' $((SECONDS - start)) "$log"
    tail -n 60 "$log" >&2
    exit "$status"
  fi
}

# the cores this process may use; nproc alone would also heed OpenMP settings
cores() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }
