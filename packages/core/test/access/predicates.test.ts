import { describe, expect, it } from 'vitest'
import type { AccessDecision } from '../../src/access/decision.ts'
import {
  type AccessRule,
  type AccessSubject,
  decide,
  isGranted,
  not,
  requireAll,
  requireAny,
  requireAuth,
  requireRole,
  requireScopes,
} from '../../src/access/predicates.ts'
import { ConfigurationError } from '../../src/errors.ts'

const user: AccessSubject = { scopes: ['read', 'write'], roles: ['editor'], expiresAt: 1000 }
const anonymous: AccessSubject = { anonymous: true, scopes: ['read'], roles: ['editor'] }

/** Rules by what they come to, in every form a rule may have. */
const granting: readonly (readonly [string, AccessRule])[] = [
  ['true', () => true],
  ['a promise of true', async () => await Promise.resolve(true)],
  ['a decision that grants', () => ({ granted: true })],
  ['a promise of a decision that grants', async () => await Promise.resolve({ granted: true })],
]
const denying: readonly (readonly [string, AccessRule, string])[] = [
  ['false', () => false, 'rule_denied'],
  ['a promise of false', async () => await Promise.resolve(false), 'rule_denied'],
  ['a decision that denies', requireScopes('absent'), 'scope_missing'],
  ['an empty requireAll', requireAll(), 'rule_empty'],
  ['an empty requireAny', requireAny(), 'rule_empty'],
  ['an empty requireScopes', requireScopes(), 'rule_empty'],
  ['requireScopes of an empty list', requireScopes([]), 'rule_empty'],
  ['requireScopes of an empty text', requireScopes(''), 'rule_empty'],
  ['requireScopes of spaces', requireScopes('  '), 'rule_empty'],
  ['requireScopes of an empty text besides a scope', requireScopes('read', ''), 'rule_empty'],
  ['requireScopes of a list with an empty text', requireScopes(['read', ' ']), 'rule_empty'],
  ['an empty requireRole', requireRole(), 'rule_empty'],
  ['requireRole of an empty list', requireRole([]), 'rule_empty'],
  ['requireRole of an empty text', requireRole(''), 'rule_empty'],
  ['requireRole of empty texts', requireRole('', ['']), 'rule_empty'],
]
/** What a rule in TypeScript cannot answer, and one in JavaScript can. */
const broken = (
  [
    [
      'an exception',
      () => {
        throw new Error('broken')
      },
    ],
    ['a rejected promise', async () => await Promise.reject(new Error('broken'))],
    ['undefined', () => undefined],
    ['null', () => null],
    ['1', () => 1],
    ['the text true', () => 'true'],
    ['an empty object', () => ({})],
    ['a decision with granted as text', () => ({ granted: 'true' })],
    ['a denial without a reason', () => ({ granted: false })],
    ['a function', () => () => true],
    ['a rule in place of its answer', () => requireAuth],
    ['a promise of undefined', async () => await Promise.resolve(undefined)],
    ['a list', () => [true]],
    ['a Boolean object', () => new Boolean(true)],
    ['a promise in a decision', () => ({ granted: Promise.resolve(true) })],
  ] as readonly (readonly [string, () => unknown])[]
).map(([name, rule]) => [name, rule as AccessRule, 'rule_failed'] as const)

const granting1 = granting[0]?.[1] ?? requireAuth
const notGranting = [...denying, ...broken]

async function reasonOf(rule: AccessRule, session: AccessSubject | null | undefined = user): Promise<string> {
  const decision = await decide(rule, session)
  return decision.granted ? 'granted' : decision.reason
}

describe('a rule of one’s own', () => {
  it.each(granting)('grants by %s', async (_name, rule) => {
    expect(await reasonOf(rule)).toBe('granted')
  })

  it.each(notGranting)('does not grant by %s', async (_name, rule, reason) => {
    expect(await reasonOf(rule)).toBe(reason)
    expect(isGranted(rule, user)).toBe(false)
  })

  it('does not grant by a promise that nobody waits for', () => {
    expect(isGranted(async () => await Promise.resolve(true), user)).toBe(false)
    expect(isGranted(() => true, user)).toBe(true)
  })
})

describe('requireAll', () => {
  it.each(granting)('grants when every rule grants, one of them by %s', async (_name, rule) => {
    expect(await reasonOf(requireAll(rule))).toBe('granted')
    expect(await reasonOf(requireAll(requireAuth, rule, requireScopes('read')))).toBe('granted')
  })

  it.each(notGranting)('denies when one of its rules answers %s, wherever it stands', async (_name, rule, reason) => {
    for (const rules of [[rule], [rule, granting1], [granting1, rule], [granting1, rule, granting1]]) {
      expect(await reasonOf(requireAll(...rules))).toBe(reason)
    }
  })

  it('names everything that is missing, and puts what no step-up cures first', async () => {
    const rule = requireAll(requireScopes('a', 'read'), requireScopes('b'), requireRole('admin'))
    expect(await decide(rule, user)).toEqual({
      granted: false,
      reason: 'role_missing',
      missingScopes: ['a', 'b'],
      missingRoles: ['admin'],
    })
  })

  it('asks an anonymous caller to sign in before it says anything about roles', async () => {
    expect(await decide(requireAll(requireScopes('a'), requireRole('admin')), anonymous)).toMatchObject({
      reason: 'sign_in_required',
      missingScopes: ['a'],
    })
  })
})

describe('requireAny', () => {
  it.each(granting)('grants when one rule grants, by %s, wherever it stands', async (_name, rule) => {
    for (const [, bad] of notGranting) {
      expect(await reasonOf(requireAny(rule, bad))).toBe('granted')
      expect(await reasonOf(requireAny(bad, rule))).toBe('granted')
    }
  })

  it.each(notGranting)('denies when all rules do, one of them by %s', async (_name, rule, reason) => {
    expect(await reasonOf(requireAny(rule))).toBe(reason)
    expect(await reasonOf(requireAny(rule, () => false))).not.toBe('granted')
  })

  it('offers the alternative that is cured most easily, and only its scopes', async () => {
    const rule = requireAny(requireRole('admin'), requireScopes('a'), requireAll(requireScopes('b'), requireRole('x')))
    expect(await decide(rule, user)).toEqual({
      granted: false,
      reason: 'scope_missing',
      missingScopes: ['a'],
      missingRoles: [],
    })
  })

  it('names the roles of all alternatives', async () => {
    expect(await decide(requireAny(requireRole('admin'), requireRole('owner')), user)).toMatchObject({
      missingRoles: ['admin', 'owner'],
    })
  })
})

describe('not', () => {
  it.each(granting)('denies when the rule grants by %s', async (_name, rule) => {
    expect(await reasonOf(not(rule))).toBe('rule_denied')
  })

  it.each([
    ['false', () => false],
    ['a missing scope', requireScopes('absent')],
    ['a missing role', requireRole('absent')],
    ['a promise of false', async () => await Promise.resolve(false)],
  ] as const)('grants a signed-in user when the rule denies by %s', async (_name, rule: AccessRule) => {
    expect(await reasonOf(not(rule))).toBe('granted')
  })

  it.each([...broken, ...denying.filter(([, , reason]) => reason === 'rule_empty')])(
    'does not grant when the rule answers %s',
    async (_name, rule, reason) => {
      expect(await reasonOf(not(rule))).toBe(reason)
      expect(await reasonOf(not(not(rule)))).toBe(reason)
    },
  )

  it('still asks for a login, but for not(requireAuth)', async () => {
    expect(await reasonOf(not(requireRole('suspended')), anonymous)).toBe('sign_in_required')
    expect(await reasonOf(not(requireAuth), anonymous)).toBe('granted')
    expect(await reasonOf(not(requireAuth), user)).toBe('rule_denied')
  })
})

describe('not, of rules together,', () => {
  const answers: Readonly<Record<string, AccessRule>> = {
    yes: () => true,
    'no, by a role': requireRole('suspended'),
    'no, by a scope': requireScopes('suspended'),
    'no, later': async () => false,
    'an error': () => {
      throw new Error('the database is away')
    },
    'an error, later': async () => await Promise.reject(new Error('the database is away')),
    nothing: (() => undefined) as never,
    'a rule without rules': requireAll(),
    'an alternative that failed': requireAny(requireRole('suspended'), () => Promise.reject(new Error('away'))),
  }
  const says = (name: string): 'yes' | 'no' | 'nothing' => {
    if (name === 'yes') return 'yes'
    return name.startsWith('no,') ? 'no' : 'nothing'
  }
  const pairs = Object.keys(answers).flatMap((one) => Object.keys(answers).map((other) => [one, other] as const))

  it.each(pairs)('never takes a failure for a no: %s, %s', async (one, other) => {
    const rules = [answers[one], answers[other]] as [AccessRule, AccessRule]
    const said = [says(one), says(other)]
    const isKnown = !said.includes('nothing')
    for (const [rule, grants] of [
      [not(requireAny(...rules)), isKnown && !said.includes('yes')],
      [not(requireAll(...rules)), isKnown && said.includes('no')],
      [not(async (...asked) => await decide(requireAny(...rules), ...asked)), isKnown && !said.includes('yes')],
    ] as const) {
      expect((await decide(rule, user)).granted).toBe(grants)
    }
  })

  it('still asks for a login first', async () => {
    const rule = not(requireAny(requireRole('suspended'), () => Promise.reject(new Error('away'))))
    expect(await decide(rule, undefined)).toMatchObject({ granted: false, reason: 'sign_in_required' })
  })
})

describe('not, of a function of one’s own,', () => {
  it.each([
    ['nothing', undefined, 'sign_in_required'],
    ['null', null, 'sign_in_required'],
    ['an anonymous session', anonymous, 'sign_in_required'],
    ['a user', user, 'granted'],
  ] as const)('does not take %s for somebody who is not on its list', async (_name, session, expected) => {
    const isSuspended: AccessRule = (who) => new Set(who?.roles).has('suspended')
    expect(await reasonOf(not(isSuspended), session ?? null)).toBe(expected)
    expect(
      await reasonOf(
        not(async (who) => await isSuspended(who)),
        session ?? null,
      ),
    ).toBe(expected)
  })

  it('does not take an ended session for one', async () => {
    expect(
      await decide(
        not(() => false),
        user,
        { now: 1000 },
      ),
    ).toMatchObject({ reason: 'session_expired' })
    expect(await decide(not(requireRole('suspended')), user, { now: 1000 })).toMatchObject({
      reason: 'session_expired',
    })
  })
})

describe('a decision of one’s own', () => {
  const answering = (answer: unknown): AccessRule => (() => answer) as unknown as AccessRule

  it('is passed on with what is missing', async () => {
    const own = { granted: false, reason: 'scope_missing', missingScopes: ['a'], missingRoles: [] }
    expect(await decide(answering(own), user)).toEqual(own)
    expect(await decide(requireAll(requireScopes('b'), answering(own)), user)).toMatchObject({
      missingScopes: ['b', 'a'],
    })
  })

  it.each(['', 'no such reason', 'toString', '__proto__', 'ROLE_MISSING'])(
    'with the reason %j, which is none, counts as a failure',
    async (reason) => {
      expect(await decide(answering({ granted: false, reason }), user)).toMatchObject({ reason: 'rule_failed' })
    },
  )

  it('loses what is no name of a scope or a role', async () => {
    const own = { granted: false, reason: 'role_missing', missingScopes: 'read', missingRoles: [1, null, 'admin', {}] }
    expect(await decide(answering(own), user)).toEqual({
      granted: false,
      reason: 'role_missing',
      missingScopes: [],
      missingRoles: ['admin'],
    })
  })
})

describe('a session that holds', () => {
  it.each([
    ['its roles as a list', ['editor'], 'granted'],
    ['its roles as a set', new Set(['editor']), 'granted'],
    ['its only role as text', 'editor', 'granted'],
    ['no roles', [], 'role_missing'],
    ['an empty set', new Set<string>(), 'role_missing'],
    ['an empty text', '', 'role_missing'],
    ['null', null, 'role_missing'],
    ['undefined', undefined, 'role_missing'],
  ])('%s is asked for a role', async (_name, roles, expected) => {
    expect(await reasonOf(requireRole('editor'), { roles })).toBe(expected)
  })

  it.each([5, true, {}])('%j in the place of scopes or roles is refused, and throws nothing', async (value) => {
    const broken = { scopes: value, roles: value } as unknown as AccessSubject
    expect(await reasonOf(requireScopes('read'), broken)).toBe('rule_failed')
    expect(await reasonOf(requireRole('editor'), broken)).toBe('rule_failed')
    expect(await reasonOf(requireAny(requireScopes('read'), requireRole('editor')), broken)).toBe('rule_failed')
  })
})

describe('a hierarchy of scopes', () => {
  const context = { scopeHierarchy: { admin: ['write'], write: ['read'], loop: ['loop'] } }

  it.each([
    [['admin'], ['read'], []],
    [['write'], ['admin'], ['admin']],
    [['read'], ['read', 'write', 'admin'], ['write', 'admin']],
    [['loop'], ['read'], ['read']],
    [['toString'], ['read'], ['read']],
    ['admin', ['read', 'write'], []],
    [new Set(['admin']), ['read', 'other'], ['other']],
  ])('with %o held and %o required lacks %o', async (scopes, required, missing) => {
    const decision = await decide(requireAll(requireScopes(required)), { scopes }, context)
    expect(decision.granted ? [] : decision.missingScopes).toEqual(missing)
  })
})

describe('requireAuth', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an anonymous session', anonymous],
  ])('asks for a login for %s', async (_name, session) => {
    expect(await reasonOf(requireAuth, session ?? null)).toBe('sign_in_required')
  })

  it.each([
    [999, 'granted'],
    [1000, 'session_expired'],
    [1001, 'session_expired'],
  ])('at second %i of a session that ends at 1000 comes to %s', async (now, expected) => {
    const decision = await decide(requireAuth, user, { now })
    expect(decision.granted ? 'granted' : decision.reason).toBe(expected)
  })
})

describe('requireScopes', () => {
  const held: readonly (readonly [string, AccessSubject['scopes']])[] = [
    ['a list', ['read', 'write']],
    ['a set', new Set(['read', 'write'])],
    ['a text', 'read write'],
    ['a text with more spaces', '  read   write '],
  ]
  it.each(held)('reads scopes that are held as %s', async (_name, scopes) => {
    const session: AccessSubject = { scopes }
    expect(await reasonOf(requireScopes('read'), session)).toBe('granted')
    expect(await reasonOf(requireScopes('read', 'write'), session)).toBe('granted')
    expect(await decide(requireScopes('read', 'delete'), session)).toMatchObject({ missingScopes: ['delete'] })
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty list', []],
    ['an empty text', ''],
  ])('takes %s for no scopes', async (_name, scopes) => {
    expect(await reasonOf(requireScopes('read'), { scopes })).toBe('scope_missing')
  })

  it.each([
    ['a list', requireScopes(['read', 'delete'])],
    ['a set', requireScopes(new Set(['read', 'delete']))],
    ['a text', requireScopes('read delete')],
    ['several of these', requireScopes('read', ['delete'])],
  ])('takes what is required as %s', async (_name, rule) => {
    expect(await decide(rule, user)).toMatchObject({ reason: 'scope_missing', missingScopes: ['delete'] })
  })

  it('compares whole scopes, letter by letter', async () => {
    for (const scope of ['rea', 'reads', 'READ', 'read\t'])
      expect(await reasonOf(requireScopes(scope))).toBe('scope_missing')
  })

  it('knows which scopes imply others', async () => {
    const context = { scopeHierarchy: { write: ['delete'] } }
    expect(await decide(requireScopes('delete'), user, context)).toEqual({ granted: true })
    expect(await decide(requireAll(requireScopes('delete')), user, context)).toEqual({ granted: true })
  })
})

describe('requireRole', () => {
  it.each([
    ['its one role', requireRole('editor'), 'granted'],
    ['one of several', requireRole('admin', 'editor'), 'granted'],
    ['one of a list', requireRole(['admin', 'editor']), 'granted'],
    ['none of several', requireRole('admin', 'owner'), 'role_missing'],
    ['a part of a name', requireRole('edit'), 'role_missing'],
    ['a name in capitals', requireRole('EDITOR'), 'role_missing'],
  ] as const)('with %s comes to %s', async (_name, rule, expected) => {
    expect(await reasonOf(rule)).toBe(expected)
  })

  it('does not split a role that is text, since roles may hold spaces', async () => {
    expect(await reasonOf(requireRole('Tenant Admin'), { roles: 'Tenant Admin' })).toBe('granted')
    expect(await reasonOf(requireRole('Admin'), { roles: 'Tenant Admin' })).toBe('role_missing')
  })
})

describe('every call', () => {
  it('is decided anew', async () => {
    const roles: string[] = []
    const rule = requireAll(requireAuth, requireRole('admin'))
    const outcomes: AccessDecision['granted'][] = []
    for (const change of [() => {}, () => roles.push('admin'), () => roles.pop()]) {
      change()
      outcomes.push((await decide(rule, { roles })).granted)
    }
    expect(outcomes).toEqual([false, true, false])
  })
})

/** What plain JavaScript may give in the place of a rule or a name. */
const nonsense: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 0],
  ['true', true],
  ['an object', {}],
  ['a symbol', Symbol('admin')],
]

describe('what is given by mistake', () => {
  const ofNames = [
    ['requireScopes', requireScopes as (...names: unknown[]) => AccessRule],
    ['requireRole', requireRole as (...names: unknown[]) => AccessRule],
  ] as const
  const ofRules = [
    ['requireAll', requireAll as (...rules: unknown[]) => AccessRule],
    ['requireAny', requireAny as (...rules: unknown[]) => AccessRule],
    ['not', not as (...rules: unknown[]) => AccessRule],
  ] as const

  it.each(nonsense)('in the place of a name makes no rule: %s', (_name, value) => {
    for (const [owner, create] of ofNames) {
      for (const names of [[value], ['read', value], [value, 'read'], [['read', value]], [new Set([value])]]) {
        expect(() => create(...names)).toThrow(ConfigurationError)
        expect(() => create(...names)).toThrow(`${owner}: takes names`)
      }
    }
  })

  const noRules: typeof nonsense = [
    ...nonsense,
    ['a text', 'admin'],
    ['a decision', requireAuth(user)],
    ['a list of rules', [requireAuth]],
  ]

  it.each(noRules)('in the place of a rule makes no rule: %s', (_name, value) => {
    for (const create of [requireAll, requireAny] as readonly ((...rules: unknown[]) => AccessRule)[]) {
      expect(() => create(requireAuth, value)).toThrow(ConfigurationError)
    }
    for (const [owner, create] of ofRules) {
      expect(() => create(value)).toThrow(ConfigurationError)
      expect(() => create(value)).toThrow(`${owner}: takes rules`)
    }
  })

  it.each([
    ['requireScopes that was not called', requireScopes],
    ['requireRole that was not called', requireRole],
    ['requireAll that was not called', requireAll],
    ['a class', class {}],
  ])('does not grant where it is a function, but no rule: %s', async (_name, value) => {
    const rule = value as unknown as AccessRule
    for (const made of [rule, requireAll(rule), requireAny(rule), not(rule)]) {
      expect(await reasonOf(made)).toBe('rule_failed')
      expect(isGranted(made, user)).toBe(false)
    }
  })

  it.each(noRules)('is never asked as a rule: %s', async (_name, value) => {
    expect(await decide(value as AccessRule, user)).toMatchObject({ reason: 'rule_failed' })
    expect(isGranted(value as AccessRule, user)).toBe(false)
  })

  it('is no role that both sides lack', async () => {
    const held = { roles: [undefined, null, ''] } as unknown as AccessSubject
    expect(await reasonOf(requireRole('', 'admin'), held)).toBe('role_missing')
  })
})
