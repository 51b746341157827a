/** The servers that are compared. @module */
import type { StartServer } from './server.ts'

/** One of them. */
export interface Variant {
  /** What it is called in tables. */
  readonly label: string
  /** Loads and starts it in this process. */
  readonly start: StartServer
  readonly paths: Paths
  /** What the button on its consent page sends; `undefined`: it has no such page. */
  readonly approval?: Readonly<Record<string, string>>
  /** What a protected request is decided by. */
  readonly token: string
}

/** Where a client finds what. */
interface Paths {
  readonly register: string
  readonly authorize: string
  readonly token: string
  /** What is protected. */
  readonly guarded: string
}

const paths: Paths = { register: '/register', authorize: '/authorize', token: '/token', guarded: '/mcp' }
const approval = { decision: 'approve' }
const ownToken = 'JWT (Ed25519) and a record'

/** Name of a variant. */
export type VariantName =
  | 'floor'
  | 'floor-usual'
  | 'ours-fetch'
  | 'ours-hono'
  | 'ours-fastify'
  | 'ours-express'
  | 'sdk'
  | 'sdk-proxy'
  | 'oidc-provider'
  | 'workers'
  | 'fastmcp'

/** All of them, the floor first. */
export const variants: Readonly<Record<VariantName, Variant>> = {
  floor: {
    label: 'floor',
    start: async (idp) => await (await import('./servers/floor.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  'floor-usual': {
    label: 'floor that remembers tokens and calls the IdP by `fetch`',
    start: async (idp) => await (await import('./servers/floor-usual.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  'ours-fetch': {
    label: '@mcp-auth/core, fetch handler',
    start: async (idp) => await (await import('./servers/ours-fetch.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  'ours-hono': {
    label: '@mcp-auth/hono',
    start: async (idp) => await (await import('./servers/ours-hono.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  'ours-fastify': {
    label: '@mcp-auth/fastify',
    start: async (idp) => await (await import('./servers/ours-fastify.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  'ours-express': {
    label: '@mcp-auth/express',
    start: async (idp) => await (await import('./servers/ours-express.ts')).start(idp),
    paths,
    approval,
    token: ownToken,
  },
  sdk: {
    label: 'SDK v1 router, own provider',
    start: async (idp) => await (await import('./servers/sdk.ts')).start(idp),
    paths,
    token: 'JWT (Ed25519), by `jose`',
  },
  'sdk-proxy': {
    label: 'SDK v1 router, its proxy provider',
    start: async (idp) => await (await import('./servers/sdk-proxy.ts')).start(idp),
    paths,
    token: "the IdP's JWT (Ed25519), by `jose`",
  },
  'oidc-provider': {
    label: 'oidc-provider',
    start: async (idp) => await (await import('./servers/oidc-provider.ts')).start(idp),
    paths,
    approval,
    token: 'opaque, a record',
  },
  workers: {
    label: '@cloudflare/workers-oauth-provider',
    start: async (idp) => await (await import('./servers/workers.ts')).start(idp),
    paths,
    approval,
    token: 'opaque, a record that it opens',
  },
  fastmcp: {
    label: 'fastmcp',
    start: async (idp) => await (await import('./servers/fastmcp.ts')).start(idp),
    paths: {
      register: '/oauth/register',
      authorize: '/oauth/authorize',
      token: '/oauth/token',
      guarded: '/tools',
    },
    approval: { action: 'approve' },
    token: 'JWT (HS256) and two records',
  },
}

/** All names, the floor first. */
export const variantNames: readonly VariantName[] = Object.keys(variants) as VariantName[]
