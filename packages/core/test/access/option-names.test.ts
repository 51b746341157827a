import { describe, expect, it } from 'vitest'
import { assertKnownOptions, nearestName } from '../../src/access/option-names.ts'
import { ConfigurationError } from '../../src/errors.ts'

const known = ['tools', 'resources', 'resourceTemplates'] as const

function refusalOf(options: unknown): string {
  try {
    assertKnownOptions('createThing', options, known)
  } catch (error) {
    return error instanceof ConfigurationError ? error.message : String(error)
  }
  return 'accepted'
}

describe('an option', () => {
  it.each([
    ['tool', 'tool: is not an option of createThing; did you mean tools?'],
    ['Tools', 'Tools: is not an option of createThing; did you mean tools?'],
    ['resourcetemplates', 'resourcetemplates: is not an option of createThing; did you mean resourceTemplates?'],
    ['resource_templates', 'resource_templates: is not an option of createThing; did you mean resourceTemplates?'],
    ['somethingElse', 'somethingElse: is not an option of createThing; known are tools, resources, resourceTemplates'],
    ['constructor', 'constructor: is not an option of createThing; known are tools, resources, resourceTemplates'],
    ['__proto__', '__proto__: is not an option of createThing; known are tools, resources, resourceTemplates'],
    ['', ': is not an option of createThing; known are tools, resources, resourceTemplates'],
  ])('that nobody knows is refused by its name: %j', (name, message) => {
    expect(refusalOf(Object.fromEntries([[name, {}]]))).toBe(message)
    expect(
      refusalOf(
        Object.fromEntries([
          ['tools', {}],
          [name, undefined],
        ]),
      ),
    ).toBe(message)
  })

  it.each(known)('that has no value is refused, and not taken for one that was left out: %s', (name) => {
    expect(refusalOf({ tools: {}, [name]: undefined })).toBe(`${name}: is undefined; give a value, or leave it out`)
  })

  it.each([{}, { tools: {} }, { tools: null, resources: 0, resourceTemplates: false }])(
    'that is known is accepted: %j',
    (options) => {
      expect(refusalOf(options)).toBe('accepted')
    },
  )

  it.each([undefined, null, 'tools', 5, true, () => true, [{ tools: {} }]])(
    'is in an object, and not in %o',
    (options) => {
      expect(refusalOf(options)).toBe(
        'createThing: needs an object of options; known are tools, resources, resourceTemplates',
      )
    },
  )
})

describe('the nearest name', () => {
  it.each([
    ['tols', 'tools'],
    ['stools', 'tools'],
    ['tooms', 'tools'],
    ['RESOURCES', undefined],
  ])('to %s is %s', (name, expected) => {
    expect(nearestName(name, known)).toBe(expected)
  })

  it('may be allowed more errors, or fewer', () => {
    expect(nearestName('tol', known, 2)).toBe('tools')
    expect(nearestName('tol', known, 1)).toBeUndefined()
    expect(nearestName('tools', [], 9)).toBeUndefined()
  })
})
