# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsdown.config.ts ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="panorama-elt" \
      org.opencontainers.image.description="Takes MySQL and Open edX data into a lake of Parquet or CSV files" \
      org.opencontainers.image.licenses="Apache-2.0"
# The home folder is for what libraries want to keep there; the root file system may be read-only.
# The C library otherwise keeps what large pages leave: a fifth more memory.
ENV NODE_ENV=production \
    HOME=/tmp \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /opt/panorama
COPY LICENSE package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
RUN chmod 755 dist/cli/main.cjs && ln -s /opt/panorama/dist/cli/main.cjs /usr/local/bin/panorama \
 && install -d -o 1000 -g 1000 -m 700 cache
COPY --chmod=755 deploy/container/entrypoint deploy/container/python /usr/local/bin/
# By number, so that Kubernetes can tell that it is not root. Node's image calls it "node".
USER 1000:1000
# A container begins without what another one compiled: it comes with what a load and a query compile.
ENV XDG_CACHE_HOME=/opt/panorama/cache
RUN panorama demo --folder /tmp/demo > /dev/null && rm -r /tmp/demo
WORKDIR /config
ENTRYPOINT ["entrypoint"]
CMD ["--help"]
