# The packed package, installed as anybody would install it.
FROM node:26-slim AS build
WORKDIR /src
COPY . .
# Its prepack step installs what the lockfile names, and compiles.
RUN npm pack --pack-destination /tmp

FROM node:26-slim
COPY --from=build /tmp/seq-node-*.tgz /tmp/
RUN npm install --global --ignore-scripts --no-audit --no-fund /tmp/seq-node-*.tgz \
  && rm -r /tmp/seq-node-*.tgz /root/.npm \
  # Named volumes take over the owner of the directory that they cover.
  && mkdir /data /join && chown node:node /data /join
COPY config/docker.toml /etc/seq-node/config.toml
ENV SEQ_NODE_CONFIG=/etc/seq-node/config.toml
USER node
VOLUME /data
# Between the nodes; for clients.
EXPOSE 7400 7480
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
  CMD ["seq-node", "status", "--ready", "--timeout", "3s"]
ENTRYPOINT ["seq-node"]
CMD ["start", "--help"]
