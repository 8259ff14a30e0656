#!/bin/sh
# Puts the secret on standard input into AWS Secrets Manager.
#   sh store.sh NAME      as a new version of the secret NAME, which is made when it is missing
#   sh store.sh --check   whether the login works
# Seen with aws-cli 1.45: file:///dev/stdin is read as it is, line ends included.
set -eu

if [ "$1" = --check ]; then
  exec aws sts get-caller-identity --query Arn --output text
fi
name=$1

# put-secret-value wants the secret to exist. Only ResourceNotFoundException means that it does not.
if ! said=$(aws secretsmanager describe-secret --secret-id "$name" --query ARN --output text 2>&1 </dev/null); then
  case $said in
    *ResourceNotFoundException*)
      aws secretsmanager create-secret --name "$name" --description 'MotherDuck token' --query ARN --output text </dev/null
      ;;
    *)
      printf '%s\n' "$said" >&2
      exit 1
      ;;
  esac
fi

# cat makes a pipe of whatever standard input is: not everything can be opened by the name /dev/stdin.
cat | aws secretsmanager put-secret-value --secret-id "$name" --secret-string file:///dev/stdin --query VersionId --output text
