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
read -ra packages <<<"${PACKAGES:-}"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error ${packages[@]+"${packages[@]}"} "motherduck-accounts@$VERSION"
echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"
