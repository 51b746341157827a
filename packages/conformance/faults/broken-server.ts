/** The Express example on a store that is broken on purpose: the harness has to notice. @module */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store, StoreKey } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import express, { type RequestHandler } from 'express'
import {
  createDiscordEndpoint,
  discordVariables,
  readDiscordSettings,
  readiness,
  runServer,
} from '../../../examples/kit/src/index.ts'

/** Long enough for another process to come in between, in milliseconds. */
const gap = 200
/** How long a stale read is kept, in milliseconds. */
const staleTime = 3000

/** The ways in which it can be broken, by the value of `FAULTS_BROKEN`. */
const breakages: Readonly<Record<string, (store: Store) => Store>> = {
  compareAndSwap: (store) => ({
    ...store,
    async compareAndSwap(key, expected, next, options) {
      const found = await store.get(key)
      await sleep(gap)
      return found === expected && (await store.set(key, next, options))
    },
  }),
  onlyIfAbsent: (store) => ({
    ...store,
    async set(key, value, { ttlSeconds, onlyIfAbsent = false }) {
      const found = onlyIfAbsent ? await store.get(key) : undefined
      if (onlyIfAbsent) await sleep(gap)
      return found === undefined && (await store.set(key, value, { ttlSeconds }))
    },
  }),
  staleReads: (store) => {
    const kept = new Map<StoreKey, { readonly value: string | undefined; readonly until: number }>()
    return {
      ...store,
      async get(key) {
        const known = kept.get(key)
        if (known && known.until > Date.now()) return known.value
        const value = await store.get(key)
        kept.set(key, { value, until: Date.now() + staleTime })
        return value
      },
    }
  },
}

await runServer(async (start) => {
  const breakStore = breakages[process.env['FAULTS_BROKEN'] ?? '']
  if (!breakStore) throw new TypeError('FAULTS_BROKEN must say what is broken')
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const options = { ...start.options, store: breakStore(start.store) }
  const auth = createOAuthProxy({ ...options, provider, roles: settings.roles })
  const endpoint = createDiscordEndpoint({ start, settings, provider, auth })
  const mcp: RequestHandler = async (request, response) => {
    const incoming = toWebRequest(request, endpoint.origin, request.originalUrl)
    await writeWebResponse(request, response, await endpoint.fetch(incoming, readAuthSession(request)))
  }
  const app = express()
  app.disable('x-powered-by')
  app.get('/readyz', async (_request, response) => {
    const { status, body } = await readiness(start.store)
    response.status(status).json(body)
  })
  app.use(mcpAuth(auth))
  app.all(endpoint.pathname, requireBearerAuth(auth), mcp)
  return { listener: app, ...endpoint }
}, discordVariables)
