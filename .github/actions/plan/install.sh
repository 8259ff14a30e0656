# Installs motherduck-accounts for the next steps: outside the checkout, whose .npmrc is untrusted, and without install
# scripts, which it does not need.
set -euo pipefail

folder=$RUNNER_TEMP/motherduck-accounts
mkdir -p "$folder"
cd "$folder"
case $VERSION in
  /* | *://*) ;;
  *.tgz) VERSION=$GITHUB_WORKSPACE/${VERSION#./} ;; # of the checkout
esac
if [ -n "${LOCKFILE:-}" ]; then
  from=$GITHUB_WORKSPACE/$(dirname "$LOCKFILE")
  # With tarballs that it names.
  find "$from" -maxdepth 1 \( -name package.json -o -name package-lock.json -o -name '*.tgz' \) -exec cp {} "$folder" \;
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error
else
  read -ra packages <<<"${PACKAGES:-}"
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error ${packages[@]+"${packages[@]}"} "motherduck-accounts@$VERSION"
fi
echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"
