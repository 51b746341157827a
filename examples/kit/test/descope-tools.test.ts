import { type AuthSession, decide as decideRule, requireAuth } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import { createDescopeTools } from '../src/descope-tools.ts'
import type { Tool } from '../src/mcp/tools.ts'
import { newSession } from './session.ts'

const tools = createDescopeTools({ audit: { counts: new Map([['tool.called', 2]]) } })
const tool = (name: string): Tool => {
  const found = tools.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no tool ${name}`)
  return found
}

async function run(name: string, claims: Readonly<Record<string, unknown>>): Promise<unknown> {
  const session = newSession({ identity: { subject: 'U2User', claims } })
  const { text } = await tool(name).run(session, AbortSignal.timeout(1000))
  return JSON.parse(text)
}

it('has the rules that the contract of the examples asks for', async () => {
  const decide = async (name: string, over: Partial<AuthSession>): Promise<boolean> => {
    const { canAccess = requireAuth } = tool(name)
    return (await decideRule(canAccess, newSession({ scopes: [], ...over }))).granted
  }
  expect(tools.map(({ name }) => name)).toEqual(['whoami', 'list_tenants', 'server_stats'])
  expect([await decide('whoami', {}), await decide('whoami', { anonymous: true })]).toEqual([true, false])
  expect([await decide('list_tenants', { scopes: ['tenants'] }), await decide('list_tenants', {})]).toEqual([
    true,
    false,
  ])
  expect([await decide('server_stats', { roles: ['admin'] }), await decide('server_stats', {})]).toEqual([true, false])
})

it('lists the tenants of the token, and says which one is the current one', async () => {
  const tenants = { T1: { roles: ['editor'], permissions: ['write'] }, T2: {} }
  expect(await run('list_tenants', { tenants, dct: 'T1' })).toEqual([
    { id: 'T1', roles: ['editor'], permissions: ['write'], current: true },
    { id: 'T2', roles: [], permissions: [], current: false },
  ])
})

it('lists nothing for a token without tenants, or with tenants of odd form', async () => {
  expect(await run('list_tenants', {})).toEqual([])
  expect(await run('list_tenants', { tenants: 'T1', dct: 'T1' })).toEqual([])
})

it('says that nobody has a name rather than to leave the name out', async () => {
  expect(await run('whoami', {})).toMatchObject({ sub: '80351110224678912', username: null })
})
