#!/bin/sh
# Puts the variable group on standard input, JSON with the secret in it, into the library of an Azure DevOps project.
#   sh store.sh PROJECT GROUP           makes the group, or replaces it
#   sh store.sh --remove PROJECT GROUP  removes it
# "az pipelines variable-group" takes a secret as an argument or a variable. By the extension's source, "az devops invoke" reads what it
# sends from a file, and /dev/stdin is one.
set -eu

remove=
if [ "$1" = --remove ]; then
  remove=yes
  shift
fi
project=$1 group=$2

id=$(az pipelines variable-group list --project "$project" --group-name "$group" --query "[?name=='$group'].id | [0]" --output tsv </dev/null)

if [ -n "$remove" ]; then
  if [ -z "$id" ]; then exit 0; fi
  exec az pipelines variable-group delete --project "$project" --group-id "$id" --yes --output none
fi

# --output none, since az would print the group. cat makes a pipe of whatever standard input is.
send() {
  cat | az devops invoke --area distributedtask --resource variablegroups --api-version 5.0-preview "$@" \
    --in-file /dev/stdin --output none
}
if [ -z "$id" ]; then
  send --http-method POST --route-parameters "project=$project"
else
  send --http-method PUT --route-parameters "project=$project" "groupId=$id"
fi
