#!/bin/sh
# Puts the secret on standard input into Doppler, as MOTHERDUCK_TOKEN_ACCOUNT__TOKEN in capital letters.
#   sh store.sh PROJECT CONFIG ACCOUNT TOKEN
#   sh store.sh --remove PROJECT CONFIG ACCOUNT TOKEN   removes it
#   sh store.sh --check PROJECT CONFIG        whether the login works, and reaches the config
# By Doppler's documentation and source: with one name and no value, "secrets set" reads standard input when that is no
# terminal, and drops one line end at its end.
set -eu

if [ "$1" = --check ]; then
  exec doppler secrets --only-names --project "$2" --config "$3"
fi
remove=
if [ "$1" = --remove ]; then
  remove=yes
  shift
fi
project=$1 config=$2 account=$3 token=$4

# Two tokens must never come to one name: with these out, __ tells the account and the token apart.
case $token in
  *[!A-Za-z0-9_]*)
    echo "the token $token has a character that Doppler's names cannot have: use letters, digits and _" >&2
    exit 1
    ;;
esac
case $account$token in
  *__*)
    echo "$account or $token has __, which would look like the end of the account's name" >&2
    exit 1
    ;;
esac
name=$(printf '%s' "MOTHERDUCK_TOKEN_${account}__$token" | tr '[:lower:]' '[:upper:]')

if [ -n "$remove" ]; then
  exec doppler secrets delete "$name" --project "$project" --config "$config" --yes --silent
fi

# --silent, since doppler would print the secret.
exec doppler secrets set "$name" --project "$project" --config "$config" --no-interactive --silent
