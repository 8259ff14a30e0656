#!/bin/sh
# Puts the secret on standard input into 1Password, as the password of an item.
#   sh store.sh VAULT TITLE   the item of that title, which is made when it is missing
#   sh store.sh --check       whether the login works
# By 1Password's documentation: "op item create -" and "op item edit ITEM" read an item as JSON from standard input.
# By reports of users of op 2.34: only from a true pipe, not from a file or a socket, so this makes one.
set -eu

if [ "$1" = --check ]; then
  op whoami >/dev/null
  exit
fi
vault=$1 title=$2

case $title in
  *[!A-Za-z0-9_.-]*)
    echo "$title has a character other than letters, digits, _ . and -" >&2
    exit 1
    ;;
esac

# The id of the item, or nothing. A list that fails ends the script: it must not pass for an empty one.
items=$(op item list --vault "$vault" --format json </dev/null)
id=$(printf '%s' "$items" | node -e '
  const [title] = process.argv.slice(1);
  const text = require("node:fs").readFileSync(0, "utf8");
  const found = JSON.parse(text || "[]").filter((item) => item.title === title);
  if (found.length > 1) {
    console.error(`the vault has ${found.length} items called ${title}: remove all but one`);
    process.exit(1);
  }
  console.log(found[0]?.id ?? "");
' "$title")

# The secret runs from standard input straight through: it is in no variable, argument or file.
item() {
  printf '{"title":"%s","category":"PASSWORD","fields":[' "$title"
  printf '{"id":"password","type":"CONCEALED","purpose":"PASSWORD","label":"password","value":"'
  cat
  printf '"}]}'
}

if [ -n "$id" ]; then
  item | op item edit "$id" --vault "$vault" >/dev/null
else
  item | op item create - --vault "$vault" >/dev/null
fi
