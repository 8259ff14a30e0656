# The command of an exec store: keeps a secret in vault/<account>.<token>, and can end the program that called it.
# CRASH_LOG is the log of file-hook.cjs; every put is a process of its own, so it is the log that is counted in.
# CRASH_VAULT is the point: before 1. Without a log, nobody is to be killed.
reach() {
  [ -n "$CRASH_LOG" ] || return 0
  echo "vault $1" >>"$CRASH_LOG"
  [ -n "$CRASH_VAULT" ] || return 0
  [ "$1 $(grep -c "^vault $1$" "$CRASH_LOG")" = "$CRASH_VAULT" ] || return 0
  kill -KILL "$PPID"
  exit
}

[ -d vault ] || mkdir vault
reach before
cat >"vault/$1.$2"
reach after
