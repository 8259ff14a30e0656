#!/bin/sh
# Puts the secret on standard input into Bitwarden, as the password of an item.
#   sh store.sh NAME            the item of that name, which is made when it is missing
#   sh store.sh --remove NAME   moves it to the trash
# By Bitwarden's documentation and source: "bw create item" and "bw edit item ID" read an item from standard input, as JSON in base64, which
# "bw encode" makes. bws, for Secrets Manager, takes a value as an argument alone, so it is not used.
set -eu

remove=
if [ "$1" = --remove ]; then
  remove=yes
  shift
fi
name=$1
case $name in
  *[!A-Za-z0-9_.-]*)
    echo "$name has a character other than letters, digits, _ . and -" >&2
    exit 1
    ;;
esac

# The id of the item, or nothing. What is no JSON ends the script: a list that fails must not pass for an empty one.
id=$(bw list items --search "$name" </dev/null | node -e '
  const [name] = process.argv.slice(1);
  const found = JSON.parse(require("node:fs").readFileSync(0, "utf8")).filter((item) => item.name === name);
  if (found.length > 1) {
    console.error(`the vault has ${found.length} items called ${name}: remove all but one`);
    process.exit(1);
  }
  console.log(found[0]?.id ?? "");
' "$name")

if [ -n "$remove" ]; then
  [ -z "$id" ] || bw delete item "$id" </dev/null
  exit
fi

# The secret runs from standard input straight through: it is in no variable, argument or file.
item() {
  printf '{"type":1,"name":"%s","notes":null,"login":{"password":"' "$name"
  cat
  printf '"}}'
}

if [ -n "$id" ]; then
  item | bw encode | bw edit item "$id" >/dev/null
else
  item | bw encode | bw create item >/dev/null
fi
