import { describe, expect, it } from 'vitest'
import { type AccessRuleTable, type MCPAccessRules, rulesFor } from '../../src/access/mcp-rules.ts'
import { type AccessRule, requireAuth } from '../../src/access/predicates.ts'
import { prepareRules } from '../../src/access/prepare-rules.ts'
import type { OperationKind } from '../../src/events.ts'
import type { AuthSession } from '../../src/session.ts'

const secret: AccessRule<AuthSession> = () => false
const lax: AccessRule<AuthSession> = () => true
const other: AccessRule<AuthSession> = () => true

function rules(kind: OperationKind, name: string, table: MCPAccessRules): readonly AccessRule<AuthSession>[] {
  return rulesFor({ kind, name }, prepareRules(table))
}

describe('a name', () => {
  const table: MCPAccessRules = {
    tools: { stats: secret, defined: { canAccess: secret }, open: {} },
    prompts: { stats: lax },
    otherwise: other,
  }

  it.each([
    ['tool', 'stats', secret],
    ['tool', 'defined', secret],
    ['tool', 'open', other],
    ['tool', 'Stats', other],
    ['tool', ' stats', other],
    ['tool', '', other],
    ['prompt', 'stats', lax],
    ['prompt', 'defined', other],
    ['resource', 'stats', other],
    ['completion', 'stats', other],
  ] as const)('%s %j', (kind, name, rule) => {
    expect(rules(kind, name, table)).toEqual([rule])
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    '%s is one like any other, in every table',
    (name) => {
      for (const kind of ['tool', 'prompt', 'resource', 'completion'] as const) {
        expect(rules(kind, name, table)).toEqual([other])
        expect(rules(kind, name, {})).toEqual([requireAuth])
      }
      const own: AccessRuleTable = Object.fromEntries([[name, secret]])
      expect(rules('tool', name, { tools: own, otherwise: other })).toEqual([secret])
      expect(rules('prompt', name, { prompts: own, otherwise: other })).toEqual([secret])
      expect(rules('resource', name, { resources: own, otherwise: other })).toEqual([secret])
    },
  )

  it('without a rule needs a login, unless said otherwise', () => {
    expect(rules('tool', 'stats', {})).toEqual([requireAuth])
    expect(rules('tool', 'stats', { otherwise: secret })).toEqual([secret])
    expect(rules('tool', 'open', { tools: { open: {} } })).toEqual([requireAuth])
  })
})

describe('a resource', () => {
  const secretURI = 'https://docs.example/team/secret'
  const table: MCPAccessRules = {
    resources: { [secretURI]: secret },
    resourceTemplates: { 'https://docs.example/{+path}': lax },
    otherwise: other,
  }

  it('is decided by its own rule, and not by a template that covers it', () => {
    expect(rules('resource', secretURI, table)).toEqual([secret])
  })

  it.each([
    ['letter case of scheme and host', 'HTTPS://Docs.EXAMPLE/team/secret'],
    ['the default port', 'https://docs.example:443/team/secret'],
    ['dot segments', 'https://docs.example/team/x/../secret'],
    ['encoded dot segments', 'https://docs.example/team/x/%2e%2E/secret'],
    ['a single dot', 'https://docs.example/./team/./secret'],
    ['backslashes', 'https:\\\\docs.example\\team\\secret'],
    ['white space around', '  https://docs.example/team/secret\n'],
    ['a line break inside', 'https://docs.example/team/sec\nret'],
    ['missing slashes', 'https:docs.example/team/secret'],
  ])('is decided by its own rule with %s', (_name, uri) => {
    expect(rules('resource', uri, table)).toEqual([secret])
  })

  it.each([
    ['letter case of the path', 'https://docs.example/team/Secret'],
    ['escapes', 'https://docs.example/team/%73ecret'],
    ['an escaped slash', 'https://docs.example/team%2Fsecret'],
    ['escaped dots and slashes', 'https://docs.example/team/x%2f..%2fsecret'],
    ['a slash at the end', 'https://docs.example/team/secret/'],
    ['several slashes at the end', 'https://docs.example/team/secret///'],
    ['a query', 'https://docs.example/team/secret?x'],
    ['an empty fragment', 'https://docs.example/team/secret#'],
    ['a user', 'https://user@docs.example/team/secret'],
    ['another port', 'https://docs.example:8443/team/secret'],
  ])('is decided by its own rule as well, where a template could lead to it, with %s', (_name, uri) => {
    expect(rules('resource', uri, table)).toContain(secret)
  })

  it.each([
    ['another path', 'https://docs.example/team/secrets'],
    ['a path below', 'https://docs.example/team/secret/more'],
    ['a part', 'https://docs.example/team/secre'],
  ])('is not taken for %s', (_name, uri) => {
    expect(rules('resource', uri, table)).toEqual([lax])
  })

  it.each([
    ['https://Docs.example', 'https://docs.example/'],
    ['https://docs.example:443/a/../b', 'https://docs.example/b'],
    ['doc://a/./b', 'doc://a/b'],
  ])('whose rule is written as %s has it also as %s', (key, uri) => {
    const own = { resources: { [key]: secret }, otherwise: other }
    expect(rules('resource', uri, own)).toEqual([secret])
    expect(rules('resource', key, own)).toEqual([secret])
  })

  it('keeps resources apart that differ in their query, where each has a rule', () => {
    const own = { resources: { 'doc://list?of=all': secret, 'doc://list?of=mine': lax }, otherwise: other }
    expect(rules('resource', 'doc://list?of=mine', own)).toEqual([lax])
    expect(rules('resource', 'doc://list?of=all', own)).toEqual([secret])
    expect(rules('resource', 'doc://list?of=ALL', own)).toContain(secret)
  })

  it('may have a name that is no URI', () => {
    expect(rules('resource', 'not a uri', { resources: { 'not a uri': secret } })).toEqual([secret])
    expect(rules('resource', '%zz', { resources: { '%zz': secret } })).toEqual([secret])
  })

  it('does not take long for a long name', () => {
    const long = `https://docs.example/${'/'.repeat(1_000_000)}x`
    const before = process.cpuUsage()
    rules('resource', long, { ...table, resourceTemplates: { 'doc://{a}/{b}/{c}': lax } })
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  })
})

describe('a template', () => {
  const table: MCPAccessRules = {
    resourceTemplates: { 'doc://{id}': secret, 'log://{day}/{hour}/raw': lax },
    otherwise: other,
  }

  it.each([
    ['resource', 'doc://a', [secret]],
    ['resource', 'DOC://a', [secret]],
    ['resource', 'doc://', [secret]],
    ['resource', 'doc://a/b', [secret]],
    ['resource', 'log://1/2/raw', [lax]],
    ['resource', 'log://1/2/3/RAW', [lax]],
    ['resource', 'log://1/2/raw/', [lax]],
    ['resource', 'log://1/raw', [other]],
    ['resource', 'log://1/2/raws', [other]],
    ['resource', 'dock://a', [other]],
    ['completion', 'doc://{id}', [secret]],
    ['completion', 'doc://{+id}', [secret]],
    ['completion', 'doc://a', [secret]],
    ['completion', 'log://{day}/{hour}/raw', [lax]],
    ['completion', 'other://{id}', [other]],
  ] as const)('for %s %s', (kind, name, expected) => {
    expect(rules(kind, name, table)).toEqual(expected)
  })

  it('has a say together with every other one that could stand for the same', () => {
    const own = { resourceTemplates: { 'doc://{id}': lax, 'doc://admin/{id}': secret } }
    expect(rules('resource', 'doc://admin/1', own)).toEqual([lax, secret])
  })

  it('does not reach backwards: its parts stand in their order', () => {
    const own = { resourceTemplates: { 'x:{a}-b-{c}-d-{e}': secret }, otherwise: other }
    expect(rules('resource', 'x:1-b-2-d-3', own)).toEqual([secret])
    expect(rules('resource', 'x:1-d-2-b-3', own)).toEqual([other])
  })
})
