import fastify, { type FastifyPluginAsync } from 'fastify'
import { mcpAuth, requireBearerAuth, readAuthSession, type OAuthProxy } from '@mcp-auth/fastify'
import * as h from '@mcp-auth/hono'
import { Hono } from 'hono'
declare const auth: OAuthProxy
const a = fastify({ logger: true })
a.register(mcpAuth(auth))
a.route<{ Body: { x: string }; Querystring: { y: number } }>({ method: 'POST', url: '/x', onRequest: requireBearerAuth(auth), handler: async (r) => readAuthSession(r).subject + r.body.x })
a.post<{ Body: { x: string } }>('/y', { preHandler: requireBearerAuth(auth, { requiredScopes: ['a'] }) }, async (r) => r.body.x)
a.post('/z', { onRequest: [requireBearerAuth(auth)], schema: { body: { type: 'object' } } }, async () => 1)
a.addHook('onRequest', requireBearerAuth(auth))
const b = fastify({ http2: true })
b.register(mcpAuth(auth))
b.get('/x', { onRequest: requireBearerAuth(auth) }, async (r) => readAuthSession(r).subject)
const c = fastify({ https: {} })
c.register(mcpAuth(auth))
c.get('/x', { onRequest: requireBearerAuth(auth) }, async (r) => readAuthSession(r).subject)
const p: FastifyPluginAsync = async (s) => { await s.register(mcpAuth(auth)) }
const g = new Hono<{ Bindings: { K: string }; Variables: { x: string } }>()
g.use(h.mcpAuth(auth))
g.all('/mcp', h.requireBearerAuth(auth), (c) => c.json({ s: c.get('auth').subject, k: c.env.K, x: c.get('x'), r: h.readAuthSession(c).subject }))
g.use('/mcp', h.requireBearerAuth(auth))
const k = new Hono().use(h.mcpAuth(auth)).use('/mcp', h.requireBearerAuth(auth)).all('/mcp', (c) => c.json(c.get('auth').subject))
