import { json } from 'node:stream/consumers'
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import {
  type AdapterHost,
  earlierCookie,
  echo,
  mcpPath,
  nothingHere,
  paths,
  thrownBy,
} from '@mcp-auth/testing/adapter-contract'
import express, { type Request, type RequestHandler } from 'express'
import { answerAsSDK } from '../sdk.ts'

const parsers: Readonly<Record<string, readonly RequestHandler[]>> = {
  'express.json and express.urlencoded, extended': [express.json(), express.urlencoded({ extended: true })],
  'express.urlencoded, plain': [express.json(), express.urlencoded({ extended: false })],
  'express.text for everything': [express.text({ type: '*/*' })],
  'express.raw for everything': [express.raw({ type: '*/*' })],
}

const bodyOf = async (request: Request): Promise<unknown> =>
  request.body ?? (request.method === 'POST' ? await json(request) : undefined)

export const expressHost: AdapterHost = {
  parsers: Object.keys(parsers),
  keepsSession: true,
  listener(auth, calls, parser = '') {
    const app = express()
    app.use((_request, response, next) => {
      response.append('set-cookie', earlierCookie)
      next()
    })
    for (const handler of parsers[parser] ?? []) app.use(handler)
    app.use(mcpAuth(auth))
    app.all(mcpPath(auth), requireBearerAuth(auth), async (request, response) => {
      const session = readAuthSession(request)
      calls.push({ method: request.method, subject: session.subject })
      response.json(echo(session, Reflect.get(request, 'auth'), await bodyOf(request)))
    })
    app.all(paths.guilds, requireBearerAuth(auth, { requiredScopes: ['identify', 'guilds'] }), (_request, response) => {
      response.json('guilds')
    })
    app.all(paths.broken, requireBearerAuth(auth), (_request, response) => {
      response.status(204)
      throw new Error('broken on purpose')
    })
    app.all(paths.sdk, requireBearerAuth(auth), async (request, response) => {
      await answerAsSDK(request, response, request.body)
    })
    app.all(paths.ungated, (request, response) => {
      response.json(thrownBy(() => readAuthSession(request)))
    })
    app.use((_request, response) => {
      response.status(404).send(nothingHere)
    })
    return app
  },
}
