import { createServer } from 'node:http'
import { createFakeDiscord, discordHandlers } from '@mcp-auth/provider-discord/mocks'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { providerFor } from '../upstream.ts'

const fake = createFakeDiscord()
const server = setupServer(...discordHandlers(fake))
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterAll(() => server.close())
// msw reports each refusal; here they are what is expected.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))

describe('discordHandlers', () => {
  const { headers = {} } = providerFor(fake)

  it.each([
    'https://discord.com/api/v10/oauth2/@me',
    'https://discord.com/api/v9/oauth2/@me',
    'https://discord.com/api/oauth2/@me',
  ])('answers %s with the words of Discord', async (url) => {
    const response = await fetch(url, { headers })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ message: '401: Unauthorized', code: 0 })
  })

  it('answers the authorization page and both metadata documents', async () => {
    const page = await fetch('https://discord.com/oauth2/authorize', { redirect: 'manual' })
    expect(await page.text()).toBe('Unknown application')
    const metadata = await fetch('https://discord.com/.well-known/oauth-authorization-server')
    expect(await metadata.json()).toMatchObject({
      issuer: 'https://discord.com',
      token_endpoint: 'https://discord.com/api/oauth2/token',
      authorization_response_iss_parameter_supported: true,
    })
    const oidc = await fetch('https://discord.com/.well-known/openid-configuration')
    expect(await oidc.json()).toMatchObject({ userinfo_endpoint: 'https://discord.com/api/oauth2/userinfo' })
  })

  it.each(['https://discord.com/login', 'https://discord.example/api/v10/oauth2/@me'])(
    'leaves %s alone, which msw then refuses',
    async (url) => {
      await expect(fetch(url)).rejects.toMatchObject({ cause: { name: 'InternalError' } })
    },
  )

  it('a server that is really there gets no request either', async () => {
    let hits = 0
    const real = createServer((_request, response) => {
      hits += 1
      response.end()
    })
    await new Promise<void>((resolve) => real.listen(0, '127.0.0.1', resolve))
    const address = real.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ cause: { name: 'InternalError' } })
    real.close()
    expect(hits).toBe(0)
  })

  it('lets an abort end a request that hangs', async () => {
    fake.fail('currentUser', 'hang', 1)
    const controller = new AbortController()
    const pending = fetch('https://discord.com/api/v10/users/@me', { headers, signal: controller.signal })
    controller.abort()
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
  })
})
