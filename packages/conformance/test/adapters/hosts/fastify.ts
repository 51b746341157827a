import formbody from '@fastify/formbody'
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/fastify'
import {
  type AdapterHost,
  earlierCookie,
  echo,
  mcpPath,
  nothingHere,
  paths,
  thrownBy,
} from '@mcp-auth/testing/adapter-contract'
import fastify, { type FastifyInstance } from 'fastify'
import { answerAsSDK } from '../sdk.ts'

const parsers: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
  '@fastify/formbody': (app) => app.register(formbody),
  'a parser of texts for everything': (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  },
  'a parser of buffers for everything, a hundred bytes at most': (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 100 }, (_request, body, done) => done(null, body))
  },
}

export const fastifyHost: AdapterHost = {
  parsers: Object.keys(parsers),
  keepsSession: true,
  async listener(auth, calls, parser = '') {
    const app = fastify()
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('set-cookie', earlierCookie)
    })
    app.register(mcpAuth(auth))
    app.all(mcpPath(auth), { onRequest: requireBearerAuth(auth) }, async (request) => {
      const session = readAuthSession(request)
      calls.push({ method: request.method, subject: session.subject })
      return echo(session, Reflect.get(request.raw, 'auth'), request.body)
    })
    const forGuilds = requireBearerAuth(auth, { requiredScopes: ['identify', 'guilds'] })
    app.all(paths.guilds, { onRequest: forGuilds }, async () => 'guilds')
    app.all(paths.broken, { onRequest: requireBearerAuth(auth) }, async () => {
      throw new Error('broken on purpose')
    })
    app.all(paths.sdk, { onRequest: requireBearerAuth(auth) }, async (request, reply) => {
      reply.hijack()
      await answerAsSDK(request.raw, reply.raw, request.body)
    })
    app.all(paths.ungated, async (request) => thrownBy(() => readAuthSession(request)))
    app.setNotFoundHandler((_request, reply) => {
      reply.code(404).send(nothingHere)
    })
    parsers[parser]?.(app)
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
}
