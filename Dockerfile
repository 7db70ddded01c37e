# The worker. glibc, since the SDK's native core has no build for musl.
FROM node:20.19.5-bookworm-slim AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20.19.5-bookworm-slim
ENV NODE_ENV=production
WORKDIR /sluice
# ssh-keygen signs the checkpoints of journals.
RUN apt-get update && apt-get install -y --no-install-recommends openssh-client && rm -rf /var/lib/apt/lists/*
# A named volume takes the owner of the directory it first covers.
RUN mkdir -p /var/lib/sluice && chown node:node /var/lib/sluice
COPY --from=build /sluice/package.json ./
COPY --from=build /sluice/node_modules ./node_modules
COPY --from=build /sluice/dist ./dist
USER node
CMD ["node", "dist/worker/main.js", "--platform", "/etc/sluice/platform.yaml", "--policy", "/etc/sluice/policy.yaml"]
