#!/bin/sh
# Puts the secret on standard input into Google Secret Manager.
#   sh store.sh PROJECT NAME   as a new version of the secret NAME, which is made when it is missing
#   sh store.sh --check        whether the login works
# Seen with gcloud 528: --data-file=- reads standard input as it is, line ends included.
set -eu

if [ "$1" = --check ]; then
  gcloud auth print-access-token --quiet >/dev/null
  exit
fi
project=$1
name=$2

# versions add wants the secret to exist. Only NOT_FOUND means that it does not.
if ! said=$(gcloud secrets describe "$name" --project "$project" --quiet --format 'value(name)' 2>&1 </dev/null); then
  case $said in
    *NOT_FOUND*)
      gcloud secrets create "$name" --project "$project" --quiet --replication-policy automatic </dev/null
      ;;
    *)
      printf '%s\n' "$said" >&2
      exit 1
      ;;
  esac
fi

exec gcloud secrets versions add "$name" --project "$project" --quiet --data-file=-
