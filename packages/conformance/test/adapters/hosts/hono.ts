import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/hono'
import {
  type AdapterHost,
  earlierCookie,
  echo,
  mcpPath,
  nothingHere,
  paths,
  thrownBy,
} from '@mcp-auth/testing/adapter-contract'
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { validator } from 'hono/validator'
import { answerAsWebSDK } from '../sdk.ts'

const isJSON = (type: string | undefined): boolean => type === 'application/json'

const parsers: Readonly<Record<string, MiddlewareHandler>> = {
  'c.req.json or c.req.parseBody': async (c, next) => {
    await (isJSON(c.req.header('content-type')) ? c.req.json() : c.req.parseBody())
    await next()
  },
  'c.req.text': async (c, next) => {
    await c.req.text()
    await next()
  },
  'c.req.arrayBuffer': async (c, next) => {
    await c.req.arrayBuffer()
    await next()
  },
  'c.req.formData': async (c, next) => {
    await (isJSON(c.req.header('content-type')) ? c.req.json() : c.req.formData())
    await next()
  },
  'the validator': validator('form', (value) => value),
  bodyLimit: bodyLimit({ maxSize: 1_000_000 }),
}

export const honoHost: AdapterHost = {
  parsers: Object.keys(parsers),
  keepsSession: true,
  listener(auth, calls, parser = '') {
    const app = new Hono()
    app.use(async (c, next) => {
      c.res.headers.append('set-cookie', earlierCookie)
      await next()
    })
    const parse = parsers[parser]
    if (parse) app.post('*', parse)
    app.use(mcpAuth(auth, { clientAddress: (c) => getConnInfo(c).remote.address }))
    app.all(mcpPath(auth), requireBearerAuth(auth), async (c) => {
      const session = readAuthSession(c)
      calls.push({ method: c.req.method, subject: session.subject })
      return c.json(echo(session, c.get('auth'), c.req.method === 'POST' ? await c.req.json() : undefined))
    })
    app.all(paths.guilds, requireBearerAuth(auth, { requiredScopes: ['identify', 'guilds'] }), (c) => c.json('guilds'))
    app.all(paths.broken, requireBearerAuth(auth), () => {
      throw new Error('broken on purpose')
    })
    app.all(paths.sdk, requireBearerAuth(auth), async (c) => await answerAsWebSDK(c.req.raw, c.get('auth')))
    app.all(paths.ungated, (c) => c.json(thrownBy(() => readAuthSession(c))))
    app.onError((_error, c) => c.text('Internal Server Error', 500))
    app.notFound((c) => c.text(nothingHere, 404))
    const listener = getRequestListener(app.fetch)
    return (request, response) => void listener(request, response)
  },
}
