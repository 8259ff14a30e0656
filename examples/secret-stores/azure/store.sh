#!/bin/sh
# Puts the secret on standard input into an Azure key vault, as motherduck--ACCOUNT--TOKEN with - for _.
#   sh store.sh VAULT ACCOUNT TOKEN EXPIRES   EXPIRES as 2027-02-06T14:05:00.000Z, or never
#   sh store.sh --remove VAULT ACCOUNT TOKEN  removes it
#   sh store.sh --check                       whether the login works
# By azure-cli's source (2.45): --file /dev/stdin with --encoding utf-8 is taken as it is, line ends included.
set -eu

if [ "$1" = --check ]; then
  exec az account get-access-token --resource https://vault.azure.net --output none
fi
remove=
if [ "$1" = --remove ]; then
  remove=yes
  shift
fi
vault=$1 account=$2 token=$3 expires=${4:-never}

# Two tokens must never come to one name: with these out, the last -- tells the account and the token apart.
case $token in
  *[!A-Za-z0-9_]*)
    echo "the token $token has a character that a key vault cannot tell from _: use letters, digits and _" >&2
    exit 1
    ;;
esac
case $account$token in
  *__*)
    echo "$account or $token has __, which would look like the end of the account's name" >&2
    exit 1
    ;;
esac
name=$(printf '%s' "motherduck--$account--$token" | tr _ -)

if [ -n "$remove" ]; then
  exec az keyvault secret delete --vault-name "$vault" --name "$name" --output none
fi

# The vault tells whoever listens when a secret is near its end. az takes no fractions of a second.
set --
if [ "$expires" != never ]; then
  expires=${expires%%.*}
  set -- --expires "${expires%Z}Z"
fi

# --output none, since az would print the secret. cat makes a pipe of whatever standard input is: not everything can
# be opened by the name /dev/stdin.
cat | az keyvault secret set --vault-name "$vault" --name "$name" "$@" --file /dev/stdin --encoding utf-8 --output none
