import { Client } from '@modelcontextprotocol/client'
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server'
import { expect, it, vi } from 'vitest'
import { createDiscordTools } from '../../src/tools/index.ts'

it('fits the official SDK: it lists the parameters as JSON Schema and checks calls by them', async () => {
  const warn = vi.spyOn(console, 'warn')
  const server = new McpServer({ name: 'tools', version: '0' })
  const seen: unknown[] = []
  for (const { name, title, description, input, annotations } of createDiscordTools()) {
    server.registerTool(name, { title, description, inputSchema: input, annotations }, (params) => {
      seen.push(params)
      return { content: [] }
    })
  }
  const client = new Client({ name: 'test', version: '0' })
  const [mine, theirs] = InMemoryTransport.createLinkedPair()
  await Promise.all([server.connect(theirs), client.connect(mine)])

  const { tools } = await client.listTools()
  const schema = tools.find(({ name }) => name === 'send_message')?.inputSchema
  expect(schema).toMatchObject({
    type: 'object',
    required: ['channel_id', 'content'],
    additionalProperties: false,
    properties: { content: { type: 'string', minLength: 1, maxLength: 2000 }, channel_id: { type: 'string' } },
  })
  await client.callTool({ name: 'get_messages', arguments: { channel_id: '1' } })
  expect(seen).toEqual([{ channel_id: '1', limit: 50 }])
  const refused = await client.callTool({ name: 'get_messages', arguments: { channel_id: 'general' } })
  expect(JSON.stringify(refused)).toContain('must be an id of Discord')
  expect(seen).toHaveLength(1)
  // The small edition of zod gives no JSON Schema by itself, about which the SDK would complain.
  expect(warn).not.toHaveBeenCalled()
  await client.close()
})
