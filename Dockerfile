# An image with mdacc for pipelines. It has a shell, which CI systems need, and git, by which a plan is compared with its target branch.
#
#   docker build --tag motherduck-accounts .
#   docker run --rm --init --env MOTHERDUCK_ADMIN_TOKEN --volume "$PWD:/work" --user "$(id -u):$(id -g)" motherduck-accounts plan
#
# Build arguments:
#   WITH_EXTENSION=no  leaves out DuckDB's motherduck extension, which smoke tests and setup then download when they first connect
#   STATE_PACKAGES     what a shared state needs, such as "@aws-sdk/client-s3@3.1175.0"

FROM node:24-trixie-slim AS build
WORKDIR /source
COPY package.json package-lock.json ./
# The build runs below, when its sources are there.
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY . .
RUN npm pack --silent --pack-destination /package

FROM node:24-trixie-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Debian keeps only the newest of a package, so a pinned version would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*

# Any user may run it: HOME is a folder that all may write.
ENV HOME=/home/mdacc
RUN mkdir --mode=1777 "$HOME"

WORKDIR /opt/mdacc
ARG STATE_PACKAGES=""
# STATE_PACKAGES may be several words; the package has the versions of its dependencies, and STATE_PACKAGES their own.
# hadolint ignore=SC2086,DL3016
RUN --mount=type=bind,from=build,source=/package,target=/package \
  echo '{ "private": true }' > package.json \
  && npm install --no-audit --no-fund --omit=dev --ignore-scripts /package/*.tgz $STATE_PACKAGES \
  && rm -rf "$HOME/.npm" \
  && ln -s /opt/mdacc/node_modules/.bin/mdacc /usr/local/bin/mdacc

ARG WITH_EXTENSION=yes
COPY scripts/install-extension.cjs ./
RUN if [ "$WITH_EXTENSION" = yes ]; then node install-extension.cjs; fi && chmod -R a+rwX "$HOME"

WORKDIR /work
# The user `node` of the base image.
USER 1000:1000
ENTRYPOINT ["mdacc"]
CMD ["--help"]
