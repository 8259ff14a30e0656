#!/bin/sh
# Puts the secret on standard input into a masked CI/CD variable of a GitLab project.
#   sh store.sh PROJECT NAME
# By GitLab's documentation: "glab variable set" makes a variable, "glab variable update" changes one, and both read the value from standard input.
set -eu

project=$1 name=$2
case $name in
  *[!A-Za-z0-9_]* | *__*__*)
    echo "$name could stand for two tokens: rename the account or the token" >&2
    exit 1
    ;;
esac

# Where the variable cannot be read for another reason, set fails.
verb=set
if glab variable get "$name" --repo "$project" </dev/null >/dev/null 2>&1; then verb=update; fi
exec glab variable "$verb" "$name" --repo "$project" --masked
