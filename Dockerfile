# One image for every silo of a cluster: the silo on Orleans, the worker and the command line beside it.
# Built from the root of the repository:  docker build -t marketplace-silo .
# A development chain:  docker build -t marketplace-chain --target chain .
ARG BASE=ubuntu:26.04

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends dotnet-sdk-10.0 ca-certificates && rm -rf /var/lib/apt/lists/*
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY . .
RUN dotnet publish silo -c Release -p:GrainHost=orleans -o /app/silo \
 && dotnet publish worker -c Release -p:GrainHost=orleans -o /app/worker \
 && dotnet publish clients/Cli -c Release -p:GrainHost=orleans -o /app/market

FROM node:24-slim AS chain
WORKDIR /contracts
COPY contracts/evm/package.json contracts/evm/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund && install -d -o node -g node -m 0700 /chain
ENV PATH="/contracts/node_modules/.bin:${PATH}"
USER node
VOLUME ["/chain"]
EXPOSE 8545
STOPSIGNAL SIGTERM
ENTRYPOINT ["anvil", "--hardfork", "osaka", "--host", "0.0.0.0", "--block-time", "1", "--threads", "1", "--state", "/chain/chain.json", "--state-interval", "10"]

FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends aspnetcore-runtime-10.0 curl && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin marketplace \
 && install -d -o marketplace -g marketplace -m 0700 /data /blobs /certificates /chain
COPY --from=build /app /app
COPY programs /app/programs
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 PATH="/app/market:${PATH}" MARKET_DATA=/data MARKET_BLOB_FOLDER=/blobs
USER marketplace
VOLUME ["/data", "/blobs", "/certificates", "/chain"]
EXPOSE 8080
# The silo drains on SIGTERM: it takes no new leases, reports what runs, leaves the cluster.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 CMD ["curl", "--fail", "--silent", "http://127.0.0.1:8080/health/ready"]
ENTRYPOINT ["dotnet", "/app/silo/Marketplace.Silo.dll"]
