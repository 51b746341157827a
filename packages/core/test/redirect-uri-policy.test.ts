import { describe, expect, it } from 'vitest'
import {
  createRedirectURITest,
  type KnownClient,
  knownClientIdHosts,
  type RedirectURIPattern,
  redirectURIPresets,
} from '../src/protocol/redirect-uri-policy.ts'

function test(uri: string, ...allowed: readonly RedirectURIPattern[]): boolean {
  return createRedirectURITest({ allowed })(uri)
}

describe('presets', () => {
  it.each<[KnownClient, string]>([
    ['claude', 'https://claude.ai/api/mcp/auth_callback'],
    ['claude', 'https://claude.com/api/mcp/auth_callback'],
    ['claudeCode', 'http://localhost:54321/callback'],
    ['claudeCode', 'http://127.0.0.1:1024/callback'],
    ['claudeCode', 'http://localhost/callback'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/tU1UVEq8rRTK'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/jKP_NLo-VszT'],
    ['chatgpt', 'https://chatgpt.com/connector_platform_oauth_redirect'],
    ['codex', 'http://127.0.0.1:1455/anything'],
    ['cursor', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['cursor', 'https://www.cursor.com/agents/mcp/oauth/callback'],
    ['cursor', 'http://localhost:8787/callback'],
    ['vscode', 'https://vscode.dev/redirect'],
    ['vscode', 'https://insiders.vscode.dev/redirect'],
    ['vscode', 'http://127.0.0.1/'],
    ['vscode', 'http://127.0.0.1:33418/'],
    ['vscode', 'http://127.0.0.1:33418'],
    ['inspector', 'http://localhost:6274/oauth/callback'],
    ['inspector', 'http://localhost:6274/oauth/callback/debug'],
    ['mcpRemote', 'http://localhost:3334/oauth/callback'],
    ['gemini', 'http://localhost:7777/oauth/callback'],
    ['opencode', 'http://127.0.0.1:19876/mcp/oauth/callback'],
    ['loopback', 'http://[::1]:9/whatever?it=is'],
  ])('A8 %s accepts what the client uses: %s', (client, uri) => {
    expect(test(uri, ...redirectURIPresets[client])).toBe(true)
  })

  it.each<[KnownClient, string]>([
    ['claude', 'http://claude.ai/api/mcp/auth_callback'],
    ['claude', 'https://claude.ai/api/mcp/auth_callback/'],
    ['claude', 'https://claude.ai/api/mcp/auth_callback2'],
    ['claude', 'https://claude.ai/api/mcp/auth_callback?next=https://evil.example'],
    ['claude', 'https://claude.ai/api/mcp/auth_callback?'],
    ['claude', 'https://claude.ai/api/mcp/AUTH_CALLBACK'],
    ['claude', 'https://claude.ai/api/mcp/auth%5Fcallback'],
    ['claude', 'https://claude.ai:8443/api/mcp/auth_callback'],
    ['claude', 'https://claude.ai./api/mcp/auth_callback'],
    ['claude', 'https://evil.claude.ai/api/mcp/auth_callback'],
    ['claude', 'https://claude.ai.evil.example/api/mcp/auth_callback'],
    ['claude', 'https://notclaude.ai/api/mcp/auth_callback'],
    ['claude', 'https://claude.ai@evil.example/api/mcp/auth_callback'],
    ['claudeCode', 'http://localhost:54321/callback/'],
    ['claudeCode', 'https://localhost:54321/callback'],
    ['claudeCode', 'http://127.0.0.2/callback'],
    ['claudeCode', 'http://localhost.evil.example/callback'],
    ['claudeCode', 'http://127.0.0.1.evil.example/callback'],
    ['chatgpt', 'https://chatgpt.com/connector/oauthevil'],
    ['chatgpt', 'https://chatgpt.com/connector/other'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/../../evil'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/..;/evil'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/%2e%2e%2fevil'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/a%2f..%2fevil'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/%5c..%5cevil'],
    ['chatgpt', 'https://chatgpt.com/connector/oauth/id?next=evil'],
    ['chatgpt', 'https://chatgpt.com/connector_platform_oauth_redirect/x'],
    ['codex', 'https://127.0.0.1:1455/anything'],
    ['cursor', 'cursor://anysphere.cursor-mcp.evil/oauth/callback'],
    ['cursor', 'cursor://evil/oauth/callback'],
    ['cursor', 'cursor://anysphere.cursor-mcp/oauth/callback/more'],
    ['cursor', 'vscode://anysphere.cursor-mcp/oauth/callback'],
    ['cursor', 'https://cursor.com/agents/mcp/oauth/callback'],
    ['vscode', 'https://vscode.dev/redirect/evil'],
    ['vscode', 'https://github.vscode.dev/redirect'],
    ['vscode', 'http://127.0.0.1:33418/callback'],
    ['inspector', 'http://localhost:6274/oauth/callback/debugger'],
    ['opencode', 'http://127.0.0.1:19876/oauth/callback'],
    ['loopback', 'https://evil.example/'],
    ['loopback', 'http://0.0.0.0/'],
    ['loopback', 'http://localhost@evil.example/'],
  ])('A8 %s refuses a neighbour: %s', (client, uri) => {
    expect(test(uri, ...redirectURIPresets[client])).toBe(false)
  })

  it('A8 lists every client that has one, and the hosts of their documents', () => {
    const names = ['chatgpt', 'claude', 'claudeCode', 'codex', 'cursor', 'gemini', 'inspector', 'loopback']
    expect(Object.keys(redirectURIPresets).sort()).toEqual([...names, 'mcpRemote', 'opencode', 'vscode'])
    expect(knownClientIdHosts).toEqual(['claude.ai', 'chatgpt.com', 'vscode.dev', 'opencode.ai', 'zed.dev'])
  })
})

describe('patterns', () => {
  const app = { scheme: 'https', host: 'app.example' } as const

  it.each<[string, RedirectURIPattern, string]>([
    ['a host, with any path and query', app, 'https://app.example/a/b?c=d'],
    ['a host without a path', app, 'https://app.example'],
    ['a port of its own', { ...app, port: 8443 }, 'https://app.example:8443/'],
    ['any port', { ...app, port: 'any' }, 'https://app.example:8443/'],
    ['any port, which is also none', { ...app, port: 'any' }, 'https://app.example/'],
    ['the default port, written', app, 'https://app.example:443/'],
    ['a domain itself', { ...app, host: { domain: 'app.example' } }, 'https://app.example/cb'],
    ['a name below a domain', { ...app, host: { domain: 'app.example' } }, 'https://a.b.app.example/cb'],
    ['a prefix itself', { ...app, path: { prefix: '/cb' } }, 'https://app.example/cb'],
    ['a path below a prefix', { ...app, path: { prefix: '/cb' } }, 'https://app.example/cb/a-1/b_2/~c.d'],
    ['a path below a prefix with a slash', { ...app, path: { prefix: '/cb/' } }, 'https://app.example/cb/a'],
    ['one port on loopback', { scheme: 'http', host: 'loopback', port: 8080 }, 'http://[::1]:8080/cb'],
    ['one spelling of loopback', { scheme: 'http', host: '127.0.0.1', port: 'any' }, 'http://127.0.0.1:5/cb'],
    ['a scheme of an app', { scheme: 'com.example.app', host: 'callback' }, 'com.example.app://callback/x'],
  ])('A8 accept %s', (_name, pattern, uri) => {
    expect(test(uri, pattern)).toBe(true)
  })

  it.each<[string, RedirectURIPattern, string]>([
    ['another port', { ...app, port: 8443 }, 'https://app.example/'],
    ['a port where none was named', app, 'https://app.example:8443/'],
    ['a name below a host', app, 'https://a.app.example/'],
    ['a name that ends like a domain', { ...app, host: { domain: 'app.example' } }, 'https://evilapp.example/'],
    ['a domain inside another', { ...app, host: { domain: 'app.example' } }, 'https://app.example.evil.example/'],
    ['a domain as a user', { ...app, host: { domain: 'app.example' } }, 'https://app.example@evil.example/'],
    ['a domain in a path', { ...app, host: { domain: 'app.example' } }, 'https://evil.example/.app.example'],
    ['a path that begins like a prefix', { ...app, path: { prefix: '/cb' } }, 'https://app.example/cbevil'],
    ['a way out of a prefix', { ...app, path: { prefix: '/cb' } }, 'https://app.example/cb/..;/evil'],
    ['a query after a prefix', { ...app, path: { prefix: '/cb' } }, 'https://app.example/cb?to=evil'],
    ['the prefix without its slash', { ...app, path: { prefix: '/cb/' } }, 'https://app.example/cb'],
    ['another spelling of loopback', { scheme: 'http', host: '127.0.0.1', port: 'any' }, 'http://localhost:5/cb'],
    ['another scheme', { scheme: 'http', host: 'app.example' }, 'https://app.example/'],
    ['what is never safe: http', { scheme: 'http', host: 'app.example' }, 'http://app.example/'],
    ['what is never safe: a script', { scheme: 'javascript', host: 'x' }, 'javascript://x/%0aalert(1)'],
    ['what is never safe: a fragment', app, 'https://app.example/cb#x'],
    ['a scheme without a dot nobody listed', { scheme: 'myapp', host: 'cb' }, 'myapp://cb/'],
  ])('A8 refuse %s', (_name, pattern, uri) => {
    expect(test(uri, pattern)).toBe(false)
  })

  it('A8 takes any one of several, and with none of them nothing', () => {
    const other = { scheme: 'https', host: 'other.example' } as const
    expect(test('https://other.example/', app, other)).toBe(true)
    expect(createRedirectURITest({ allowed: [] })('https://app.example/')).toBe(false)
  })
})

describe('without patterns', () => {
  it.each([
    ['https://anything.example/cb', true],
    ['http://localhost:1/cb', true],
    ['cursor://anysphere.cursor-mcp/oauth/callback', true],
    ['com.example.app://callback', true],
    ['myapp://callback', false],
    ['http://anything.example/cb', false],
  ])('A8 takes what is safe in itself: %s: %s', (uri, isAllowed) => {
    expect(createRedirectURITest()(uri)).toBe(isAllowed)
    expect(createRedirectURITest({ allowed: undefined, privateUseSchemes: undefined })(uri)).toBe(isAllowed)
  })

  it('B2 takes the private-use schemes that are listed instead of the known ones, but never a script', () => {
    const own = createRedirectURITest({ privateUseSchemes: ['myapp', 'javascript'] })
    expect(own('myapp://callback')).toBe(true)
    expect(own('cursor://anysphere.cursor-mcp/oauth/callback')).toBe(false)
    expect(own('javascript://x/%0aalert(1)')).toBe(false)
  })
})
