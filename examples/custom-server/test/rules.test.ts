import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login, users } from '../../kit/test/servers/support/client.ts'
import { type RunningServer, runServer } from '../../kit/test/servers/support/server.ts'

describe.each(['custom-server', 'custom-server-hono'] as const)('%s', (example) => {
  let server: RunningServer
  let user: string
  let admin: string
  beforeAll(async () => {
    server = await runServer(example, { ADMIN_SUBJECTS: users.wumpus })
    user = await login(server)
    admin = await login(server, { user: users.wumpus })
  })
  afterAll(async () => await server.stop())

  const ask = async (method: string, path: string, token?: string, body?: string): Promise<Response> =>
    await fetch(`${server.origin}/api/${path}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    })
  const challengeOf = (answer: Response): string => answer.headers.get('www-authenticate') ?? ''

  it('A028 A029 asks whoever has no token to sign in, with the scopes of the route', async () => {
    const notes = await ask('GET', 'notes')
    const guilds = await ask('GET', 'guilds')
    expect([notes.status, guilds.status]).toEqual([401, 401])
    expect(challengeOf(notes)).toContain('resource_metadata=')
    expect(challengeOf(notes)).not.toContain('error=')
    expect(challengeOf(guilds)).toContain('scope="identify guilds"')
  })

  it('A038 A039 answers 403 with every scope of the route, and lets pass whoever got them', async () => {
    const denied = await ask('GET', 'guilds', user)
    expect(denied.status).toBe(403)
    expect(challengeOf(denied)).toMatch(/error="insufficient_scope".*scope="identify guilds".*resource_metadata="/)
    const allowed = await ask('GET', 'guilds', await login(server, { scope: 'identify guilds' }))
    expect([allowed.status, await allowed.json()]).toEqual([200, expect.arrayContaining([expect.anything()])])
  })

  it('lets a note be removed by its owner and by an administrator, and by nobody else', async () => {
    const added = await ask('POST', 'notes', admin, 'of the administrator')
    const { id } = (await added.json()) as { id: number }
    const stranger = await ask('DELETE', `notes/${id}`, user)
    expect([stranger.status, challengeOf(stranger)]).toEqual([403, ''])
    expect(await stranger.json()).toEqual({ error: 'access_denied', error_description: 'This is not for you' })
    const mine = (await (await ask('POST', 'notes', user, 'mine')).json()) as { id: number }
    expect((await ask('DELETE', `notes/${mine.id}`, admin)).status).toBe(204)
    expect((await ask('DELETE', `notes/${id}`, admin)).status).toBe(204)
    expect((await ask('DELETE', 'notes/4711', user)).status).toBe(403)
  })

  it('asks its rules on every call: a user who was suspended writes no more', async () => {
    const before = await ask('POST', 'notes', user, 'still')
    expect((await ask('POST', 'suspensions', user, users.wumpus)).status).toBe(403)
    expect((await ask('POST', 'suspensions', admin, users.nelly)).status).toBe(204)
    const after = await ask('POST', 'notes', user, 'no more')
    expect([before.status, after.status]).toEqual([201, 403])
    const notes = (await (await ask('GET', 'notes', user)).json()) as { text: string }[]
    expect(notes.map(({ text }) => text)).toEqual(['still'])
  })

  it('A111 refuses a note that is too long, announced or not, and one too many', async () => {
    const piece = new TextEncoder().encode('x'.repeat(6000))
    const unannounced = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let count = 0; count < 3; count += 1) controller.enqueue(piece)
        controller.close()
      },
    })
    const init = { method: 'POST', headers: { authorization: `Bearer ${admin}` }, duplex: 'half' }
    const streamed = await fetch(`${server.origin}/api/notes`, { ...init, body: unannounced })
    const announced = await ask('POST', 'notes', admin, 'x'.repeat(10_001))
    expect([streamed.status, announced.status, (await ask('POST', 'notes', admin)).status]).toEqual([413, 413, 400])
    const statuses: number[] = []
    for (let count = 0; count < 101; count += 1) statuses.push((await ask('POST', 'notes', admin, 'x')).status)
    expect([statuses.filter((status) => status === 201).length <= 100, statuses.at(-1)]).toEqual([true, 409])
  })

  it('A035 refuses pages of other sites', async () => {
    const headers = { authorization: `Bearer ${user}`, origin: 'https://evil.example' }
    const answer = await fetch(`${server.origin}/api/notes`, { headers })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it('A111 says that a path leads nowhere', async () => {
    expect((await ask('GET', 'nothing', user)).status).toBe(404)
    expect((await ask('PATCH', 'notes', user)).status).toBe(404)
  })
})

describe('a rule at the gate of a route', () => {
  it('A038 names both scopes of the route, and the handler sees the session', async () => {
    const server = await runServer('custom-server-hono')
    const profile = async (scope: string): Promise<Response> =>
      await fetch(`${server.origin}/api/profile`, {
        headers: { authorization: `Bearer ${await login(server, { scope })}` },
      })
    const denied = await profile('identify')
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="identify guilds"'),
    ])
    const allowed = await profile('identify guilds')
    expect(await allowed.json()).toEqual({ subject: users.nelly, username: 'nelly', scopes: ['identify', 'guilds'] })
    await server.stop()
  })
})
