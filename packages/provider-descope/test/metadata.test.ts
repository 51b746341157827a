import { ConfigurationError } from '@mcp-auth/core'
import { metadataBody } from '@mcp-auth/provider-descope/mocks'
import { describe, expect, it, vi } from 'vitest'
import { createSurroundings, ids, issuers, type Surroundings } from './support.ts'

const config = { configUrl: issuers.server }

async function get({ auth }: Surroundings, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await auth.fetch(new Request(`https://mcp.example${path}`))
  if (!answer) throw new Error(`nothing is served at ${path}`)
  return { status: answer.status, body: await answer.json() }
}

const forwarded = '/.well-known/oauth-authorization-server'
const advertised = '/.well-known/oauth-protected-resource/mcp'

describe('A055 the metadata of the authorization server', () => {
  it('forwards what Descope publishes for the MCP server, without a change', async () => {
    const surroundings = createSurroundings(config)
    const { settings, baseUrl } = surroundings.fake
    const published = metadataBody({ ...ids, baseUrl, settings })
    for (const path of [forwarded, '/.well-known/openid-configuration']) {
      expect(await get(surroundings, path)).toEqual({ status: 200, body: published })
    }
    expect((await get(surroundings, advertised)).body['authorization_servers']).toEqual([issuers.server])
  })

  it('asks once, at the first place that has a document', async () => {
    const surroundings = createSurroundings(config)
    for (const path of [forwarded, advertised, forwarded]) await get(surroundings, path)
    const paths = surroundings.fake.requests.map(({ path }) => path)
    expect(paths).toEqual([`/v1/apps/agentic/${ids.projectId}/${ids.serverId}/.well-known/oauth-authorization-server`])
  })

  it('advertises the issuer that the document names, if it is one of ours', async () => {
    const surroundings = createSurroundings(config, { fake: { settings: { metadataIssuer: 'project' } } })
    const { body } = await get(surroundings, forwarded)
    expect(body).toMatchObject({
      issuer: issuers.project,
      registration_endpoint: expect.stringContaining(ids.serverId),
    })
    expect((await get(surroundings, advertised)).body['authorization_servers']).toEqual([issuers.project])
  })

  it('goes on to the OpenID document, and then to those of the project', async () => {
    const surroundings = createSurroundings(config)
    const gone = new Set([`/${ids.serverId}/.well-known/oauth-authorization-server`])
    surroundings.fake.fail('metadata', async (request) => {
      const isGone = [...gone].some((path) => request.url.endsWith(path))
      if (isGone) return new Response(null, { status: 401 })
      const { baseUrl, settings } = surroundings.fake
      const serverId = request.url.includes('/agentic/') ? ids.serverId : undefined
      return Response.json(metadataBody({ baseUrl, projectId: ids.projectId, serverId, settings }))
    })
    expect((await get(surroundings, forwarded)).body['issuer']).toBe(issuers.server)
    gone.add(`/${ids.serverId}/.well-known/openid-configuration`)
    surroundings.clock.now += 100_000
    expect((await get(surroundings, forwarded)).body['issuer']).toBe(issuers.project)
    expect((await get(surroundings, advertised)).body['authorization_servers']).toEqual([issuers.project])
  })

  it('D2 forwards and advertises no document of somebody else', async () => {
    const surroundings = createSurroundings(config, { fake: { settings: { metadataIssuer: 'foreign' } } })
    expect((await get(surroundings, forwarded)).status).toBe(503)
    expect((await get(surroundings, advertised)).body['authorization_servers']).toEqual([issuers.server])
    await expect(surroundings.auth.checkProvider()).rejects.toThrow(ConfigurationError)
  })

  it.each(['429', '500', '503', 'html', 'empty'] as const)(
    'A014 puts no other document in the place of one that cannot be had (%s), and has it again by itself',
    async (fault) => {
      const surroundings = createSurroundings(config)
      const { fake, clock } = surroundings
      fake.fail('metadata', fault, 2)
      expect((await get(surroundings, forwarded)).status).toBe(503)
      expect(fake.requests.every(({ path }) => path.includes('/agentic/'))).toBe(true)
      clock.now += 10
      expect((await get(surroundings, forwarded)).body['issuer']).toBe(issuers.server)
    },
  )

  it('D9 keeps the document while its host is down', async () => {
    const surroundings = createSurroundings(config)
    await get(surroundings, forwarded)
    surroundings.fake.fail('*', '503')
    surroundings.clock.now += 7200
    expect((await get(surroundings, forwarded)).status).toBe(200)
  })
})

describe('checkProvider', () => {
  it('accepts a project that is there, and one whose host is down', async () => {
    const { auth, fake } = createSurroundings(config)
    fake.fail('*', '503', 4)
    await auth.checkProvider()
    await auth.checkProvider()
    expect(fake.requests.length).toBeGreaterThan(0)
  })

  it('refuses a project that Descope does not have, and says where to look', async () => {
    const { auth } = createSurroundings({ projectId: 'P2OtherProject0000000000000' })
    await expect(auth.checkProvider()).rejects.toThrow(ConfigurationError)
    await expect(auth.checkProvider()).rejects.toThrow(/P2OtherProject0000000000000/)
  })

  it('A014 holds up a start for five seconds and no longer, however many places there are to ask', async () => {
    const { auth, fake } = createSurroundings(config)
    const waits: { readonly milliseconds: number; readonly controller: AbortController }[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      const controller = new AbortController()
      waits.push({ milliseconds, controller })
      return controller.signal
    })
    fake.fail('*', 'hang')
    const checked = auth.checkProvider()
    await expect.poll(() => fake.requests).toHaveLength(1)
    expect(waits[0]?.milliseconds).toBe(5000)
    waits[0]?.controller.abort()
    await checked
    expect(fake.requests).toHaveLength(1)
  })
})
