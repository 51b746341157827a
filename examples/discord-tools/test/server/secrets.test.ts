import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { login, users } from '../../../kit/test/servers/support/client.ts'
import { testSecret } from '../../../kit/test/servers/support/server.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { allScopes, startToolsServer } from './support/tools-server.ts'

it('T-leak keeps every secret of a run out of the audit log, the output, the answers and the vault', async () => {
  const server = await startToolsServer()
  const { fake } = server.discord
  const first = fake.botToken
  const tokens = [
    await server.mintToken(allScopes),
    await login(server, { user: users.nelly, scope: `identify ${allScopes}` }),
  ]
  const answers: string[] = []
  const call = async (token: string, method: string, params: object): Promise<void> => {
    const { body, headers } = await server.rest(token, method, params)
    answers.push(JSON.stringify(body), JSON.stringify([...headers]))
  }
  const params = { channel_id: fakeChannelIds.general }
  for (const token of tokens) {
    await call(token, 'get_channel_info', params)
    await call(token, 'send_message', { ...params, content: 'x' })
    // Whoever misplaces a token reads it in the answer, and nobody else anywhere.
    await server.rest(token, 'send_message', { ...params, content: '', [token]: token })
    await call(token, token, {})
    await call(`${token}x`, 'get_messages', params)
    fake.faults.fail('listMessages', 'page')
    await call(token, 'get_messages', params)
    fake.faults.recover()
  }
  fake.replaceBotToken()
  for (const token of tokens) await call(token, 'get_channel_info', params)
  const listed = await server.mint(['list'])

  const secrets = [...fake.secrets, first, testSecret, server.discord.clientSecret, ...tokens]
  const vault = readdirSync(join(server.folder, 'vault'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  const places = {
    audit: server.auditText(),
    stdout: server.stdout(),
    stderr: server.stderr(),
    answers: answers.join('\n'),
    list: listed.stdout + listed.stderr,
    vault: vault.join('\n'),
  }
  expect(secrets.length).toBeGreaterThan(6)
  expect(vault.length).toBeGreaterThan(0)
  expect(server.audit().filter(({ event }) => event === 'tool.called').length).toBeGreaterThan(8)
  const found = Object.entries(places).flatMap(([place, text]) =>
    secrets
      .filter((secret) => secret !== '' && text.includes(secret.slice(0, 100)))
      .map((secret) => [place, secret.slice(0, 6)]),
  )
  expect(found).toEqual([])
  await server.stop()
})
