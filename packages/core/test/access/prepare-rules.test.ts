import { describe, expect, it } from 'vitest'
import { type MCPAccessRules, rulesFor } from '../../src/access/mcp-rules.ts'
import { requireAll, requireAuth, requireRole, requireScopes } from '../../src/access/predicates.ts'
import { prepareRules } from '../../src/access/prepare-rules.ts'
import { ConfigurationError } from '../../src/errors.ts'

const rule = requireRole('admin')
/** What plain JavaScript may give. */
const prepare = (rules: unknown): unknown => prepareRules(rules as MCPAccessRules)
const tables = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const

/** The error of a table, by the option it names. */
function refusalOf(rules: unknown): { option: string; message: string } {
  try {
    prepare(rules)
  } catch (error) {
    if (error instanceof ConfigurationError) return { option: error.option, message: error.message }
    throw error
  }
  throw new Error('the rules were accepted')
}

describe('A120 what is no rule', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['false', false],
    ['a text', 'admin'],
    ['a number', 1],
    ['a list of rules', [rule, requireAuth]],
    ['a set of rules', new Set([rule])],
    ['a decision: the rule was called', requireAuth({ scopes: [] })],
    ['a promise of a rule', Promise.resolve(rule)],
    ['a symbol', Symbol('rule')],
    ['a function of the tool itself, which carries a rule', Object.assign(() => true, { canAccess: rule })],
  ])('is refused before anything is served, by the name of its tool: %s', (_name, entry) => {
    for (const table of tables) {
      const { option, message } = refusalOf({ [table]: { open: requireAuth, stats: entry } })
      expect([table, option]).toEqual([table, `${table}.stats`])
      expect(message).toContain('must be a rule')
    }
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a text', 'admin'],
    ['a list of rules', [rule]],
    ['a decision', requireAuth({ scopes: [] })],
    ['a promise', Promise.resolve(rule)],
    ['a definition', { canAccess: rule }],
  ])('is refused in a definition as well: %s', (_name, canAccess) => {
    for (const table of tables) {
      const { option } = refusalOf({ [table]: { stats: { description: 'numbers', canAccess } } })
      expect(option).toBe(`${table}.stats.canAccess`)
    }
  })

  it.each(['canAcess', 'canaccess', 'CanAccess', 'can_access', 'canAccesss', 'caAccess'])(
    'is not left to be found out: a definition with %s in the place of canAccess',
    (name) => {
      const { option, message } = refusalOf({ tools: { stats: { [name]: rule } } })
      expect(option).toBe(`tools.stats.${name}`)
      expect(message).toContain('did you mean canAccess?')
    },
  )

  it('is refused for everything that has no rule of its own', () => {
    for (const otherwise of [null, 'admin', true, {}, { canAccess: rule }, [rule]]) {
      expect(refusalOf({ otherwise }).option).toBe('otherwise')
    }
  })
})

describe('a table', () => {
  it.each([
    ['null', null],
    ['a text', 'admin'],
    ['a rule', rule],
    ['a list of definitions', [{ name: 'stats', canAccess: rule }]],
    ['a Map', new Map([['stats', rule]])],
    ['a list of pairs', [['stats', rule]]],
  ])('that would be one without any rule is refused: %s', (_name, table) => {
    for (const name of tables) expect(refusalOf({ [name]: table }).option).toBe(name)
  })

  it('may be an object of any class or without a prototype, and so may a definition', () => {
    class Definition {
      readonly description = 'numbers'
      get canAccess(): typeof rule {
        return rule
      }
    }
    class Tools {
      readonly stats = rule
      readonly defined = new Definition()
    }
    const bare = Object.assign(Object.create(null) as object, { stats: rule, defined: { canAccess: rule } })
    for (const tools of [new Tools(), bare]) {
      const prepared = prepareRules({ tools } as MCPAccessRules)
      for (const name of ['stats', 'defined']) expect(rulesFor({ kind: 'tool', name }, prepared)).toEqual([rule])
    }
  })

  it('may hold names that any object or promise has', () => {
    const names = ['then', '__proto__', 'granted', 'canAccess', 'constructor']
    const prepared = prepareRules({ tools: Object.fromEntries(names.map((name) => [name, rule])) })
    for (const name of names) expect(rulesFor({ kind: 'tool', name }, prepared)).toEqual([rule])
  })

  it('is read once: what is done to it later changes nothing', () => {
    const stats: { canAccess: typeof rule } = { canAccess: rule }
    const tools: Record<string, unknown> = { stats }
    const resources: Record<string, unknown> = { 'doc://a': rule }
    const prepared = prepareRules({ tools, resources } as MCPAccessRules)
    stats.canAccess = requireScopes('read')
    tools['late'] = requireScopes('read')
    delete resources['doc://a']
    expect(rulesFor({ kind: 'tool', name: 'stats' }, prepared)).toEqual([rule])
    expect(rulesFor({ kind: 'tool', name: 'late' }, prepared)).toEqual([requireAuth])
    expect(rulesFor({ kind: 'resource', name: 'DOC://a' }, prepared)).toEqual([rule])
  })

  it('has its URIs parsed once, and not on every call', () => {
    const resources = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`doc://host/${index}`, rule]))
    const prepared = prepareRules({ resources, resourceTemplates: { 'log://{day}': requireAll(rule) } })
    const parsed = countParsing(() => {
      for (let call = 0; call < 10; call += 1) rulesFor({ kind: 'resource', name: 'doc://host/7' }, prepared)
    })
    expect(parsed).toBe(10)
  })
})

/** How often a URI is parsed meanwhile. */
function countParsing(work: () => void): number {
  const { URL: Original } = globalThis
  let count = 0
  class Counting extends Original {
    constructor(...values: ConstructorParameters<typeof Original>) {
      super(...values)
      count += 1
    }
  }
  globalThis.URL = Counting
  try {
    work()
  } finally {
    globalThis.URL = Original
  }
  return count
}
