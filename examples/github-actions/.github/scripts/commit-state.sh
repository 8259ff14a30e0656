#!/usr/bin/env bash
# Commits the state and pushes it to its branch; repeats that if somebody else pushed first. If the branch refuses the
# state, it is pushed to a new branch and the run fails, so that no state is lost.
#
# BRANCH      where the state belongs           PUSH_URL   the repository, without credentials
# PUSH_TOKEN  may push there; empty: as it is   RUN_ID     identifies this run
# STATE_FILE  default: as for mdacc, MDACC_STATE, else the file that is named after MDACC_CONFIG and beside it
set -euo pipefail
config=${MDACC_CONFIG:-motherduck.accounts.yaml}
beside=$(printf '%s' "$config" | sed -E 's/\.(ya?ml|json)$//').state.json
state=${STATE_FILE:-${MDACC_STATE:-$beside}}
rescue=motherduck-state/$RUN_ID
# Of the state as this run left it; the job uploads it when something failed.
copies=${RUNNER_TEMP:-$PWD}/motherduck-state

export GIT_AUTHOR_NAME=motherduck-accounts GIT_COMMITTER_NAME=motherduck-accounts
export GIT_AUTHOR_EMAIL=motherduck-accounts@localhost GIT_COMMITTER_EMAIL=motherduck-accounts@localhost
# In the environment, so that the token is in no file and no process arguments.
if [ -n "${PUSH_TOKEN:-}" ]; then
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$PUSH_URL.extraHeader"
  GIT_CONFIG_VALUE_0="Authorization: Basic $(printf 'x-access-token:%s' "$PUSH_TOKEN" | base64 | tr -d '\n')"
  export GIT_CONFIG_VALUE_0
fi

# The state's hash at a commit, or "none".
state_at() { git rev-parse --quiet --verify "$1:./$state" || echo none; }

commit() {
  git add --force -- "$state"
  git commit --quiet --only --message "MotherDuck state after run $RUN_ID [skip ci]" -- "$state"
}

if [ ! -f "$state" ]; then
  echo "There is no $state, so there is nothing to commit."
  exit 0
fi
before=$(state_at HEAD)
if [ "$(git hash-object -- "$state")" = "$before" ]; then
  echo "$state did not change."
  exit 0
fi
mkdir -p -- "$copies"
kept=$copies/$(basename -- "$state")
cp -- "$state" "$kept"
commit

refused=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if git push --quiet "$PUSH_URL" "HEAD:refs/heads/$BRANCH"; then
    echo "Committed $state to $BRANCH."
    exit 0
  fi
  git fetch --quiet "$PUSH_URL" "refs/heads/$BRANCH" || break
  # The push worked, but its response was lost.
  if [ "$(state_at FETCH_HEAD)" = "$(git hash-object -- "$kept")" ]; then exit 0; fi
  # Somebody else wrote the state: only one of the two can be correct.
  if [ "$(state_at FETCH_HEAD)" != "$before" ]; then break; fi
  if [ "$(git rev-parse FETCH_HEAD)" = "$(git rev-parse HEAD^)" ]; then
    # No other push, so this one was refused for another reason, which may be temporary.
    refused=$((refused + 1))
    if [ "$refused" = 3 ]; then break; fi
    sleep "${RETRY_SECONDS:-3}"
    continue
  fi
  git checkout --quiet --force --detach FETCH_HEAD
  cp -- "$kept" "$state"
  commit
done

if git push --quiet "$PUSH_URL" "HEAD:refs/heads/$rescue"; then
  where="It is on the branch $rescue."
else
  where="It could not be pushed to a branch of its own either; look for it in the artifacts of this run."
fi
echo "$BRANCH did not take $state. $where" >&2
echo "Merge it into $BRANCH before the next apply. Is $BRANCH protected? README.md says how this run may write to it." >&2
exit 1
