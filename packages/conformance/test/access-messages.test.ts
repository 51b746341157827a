import { requireRole } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { connectCaller, servers, tokenOf } from './support/access-caller.ts'
import { type AccessServer, startAccessServer } from './support/access-mcp.ts'
import { send } from './support/browser.ts'

const moderator = requireRole('moderator')
const rules = {
  tools: { ban: moderator, late: moderator },
  prompts: { verdict: moderator },
  resources: { 'doc://secret/': moderator },
  resourceTemplates: { 'log://{day}': moderator },
}

/** Members of a request; its parameters end in what every request of the client carries. */
const call = (parameters: string): string => `"method":"tools/call","params":{${parameters},"arguments":{},META}`
const complete = (ref: string): string =>
  `"method":"completion/complete","params":{"ref":{${ref}},"argument":{"name":"who","value":""},META}`

/** Messages as text, since no object can say what some of them do. */
const messages: readonly (readonly [string, string])[] = [
  ['a name in the prototype', `{ENVELOPE,${call('"__proto__":{"name":"ban"}')}}`],
  ['another name in the prototype', `{ENVELOPE,${call('"name":"whoami","__proto__":{"name":"ban"}')}}`],
  ['two names', `{ENVELOPE,${call('"name":"whoami","name":"ban"')}}`],
  ['parameters in the prototype', `{ENVELOPE,"method":"tools/call","__proto__":{"params":{"name":"ban",META}}}`],
  ['a method in the prototype', `{ENVELOPE,"__proto__":{"method":"tools/call"},"params":{"name":"ban",META}}`],
  ['two methods', `{ENVELOPE,"method":"tools/list",${call('"name":"ban"')}}`],
  ['a notification in the place of a request', `{"jsonrpc":"2.0",${call('"name":"ban"')}}`],
  ['no id', `{"jsonrpc":"2.0","id":null,${call('"name":"ban"')}}`],
  ['an id that is no whole number', `{"jsonrpc":"2.0","id":1.5,${call('"name":"ban"')}}`],
  ['an answer that is a request as well', `{ENVELOPE,"result":{},${call('"name":"ban"')}}`],
  ['an error that is a request as well', `{ENVELOPE,"error":{"code":1,"message":""},${call('"name":"ban"')}}`],
  ['a method in other letters', `{ENVELOPE,"method":"Tools/Call","params":{"name":"ban","arguments":{},META}}`],
  ['a list as the name', `{ENVELOPE,${call('"name":["ban"]')}}`],
  ['an object as the name', `{ENVELOPE,${call('"name":{"toString":"ban"}')}}`],
  ['escapes in the name', `{ENVELOPE,${call('"name":"\\u0062\\u0061n"')}}`],
  ['a batch', `[{ENVELOPE,${call('"name":"ban"')}}]`],
  ['a batch in a batch', `[[{ENVELOPE,${call('"name":"ban"')}}]]`],
  ['a call that asks for a task', `{ENVELOPE,${call('"name":"late","task":{"ttl":1000}')}}`],
  ['a very long name', `{ENVELOPE,${call(`"name":"ban${'n'.repeat(50_000)}"`)}}`],
  ['a prompt in the prototype', `{ENVELOPE,"method":"prompts/get","params":{"__proto__":{"name":"verdict"},META}}`],
  ['a URI with a query', `{ENVELOPE,"method":"resources/read","params":{"uri":"log://monday?x#y",META}}`],
  ['a URI with spaces', `{ENVELOPE,"method":"resources/read","params":{"uri":" doc://secret/ ",META}}`],
  ['an escaped URI', `{ENVELOPE,"method":"resources/read","params":{"uri":"doc://%73ecret/",META}}`],
  ['a reference with two names', `{ENVELOPE,${complete('"type":"ref/prompt","name":"verdict","uri":"doc://open/"')}}`],
  ['a reference of no type', `{ENVELOPE,${complete('"type":"ref/tool","name":"ban"')}}`],
]

/** Sends a message as it is, with the headers of a client that says what it asks for. */
async function post(server: AccessServer, headers: Record<string, string>, body: string): Promise<string> {
  const method = /"method":"([^"]*)"/.exec(body)?.[1] ?? ''
  const name = /"(?:name|uri)":"([^"]*)"/.exec(body)?.[1] ?? ''
  const routing = 'mcp-method' in headers ? { 'mcp-method': method, 'mcp-name': name.trim().slice(0, 100) } : {}
  return (await send(server.mcpURL, { method: 'POST', headers: { ...headers, ...routing }, body })).text
}

describe.each(servers)('A120 $title', ({ server: kind, client }) => {
  it('runs nothing that is denied, whatever form the message has', async () => {
    const server = await startAccessServer(kind, { rules })
    const caller = await connectCaller(server, client, await tokenOf(server, 'wumpus'))
    await caller.client.callTool({ name: 'whoami' })
    const meta = `"_meta":${JSON.stringify(caller.sent().params?._meta ?? {})}`
    const headers = { ...Object.fromEntries(caller.headers()), authorization: `Bearer ${caller.token}` }
    for (const [index, [form, message]] of messages.entries()) {
      const envelope = `"jsonrpc":"2.0","id":${1000 + index}`
      const text = await post(server, headers, message.replaceAll('META', meta).replaceAll('ENVELOPE', envelope))
      expect([form, /ban for|late for|content of|"ban"/.exec(text)]).toEqual([form, null])
    }
    expect([...server.runs.keys()]).toEqual(['whoami'])
    expect(JSON.stringify(await caller.client.callTool({ name: 'whoami' }))).toContain('whoami for')
  })
})
