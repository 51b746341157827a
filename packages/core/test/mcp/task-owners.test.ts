import { describe, expect, it } from 'vitest'
import {
  createTaskOwners,
  maxTasks,
  maxTasksOfOne,
  type OwnedTask,
  type TaskOwners,
} from '../../src/mcp/task-owners.ts'

const report = { kind: 'tool', name: 'report' } as const
const owned = (owner: string): OwnedTask => ({ owner, operation: report })
const forever = Number.POSITIVE_INFINITY

interface Made {
  readonly tasks: TaskOwners
  readonly clock: { now: number }
  readonly forgotten: { count: number }
}

function make(): Made {
  const clock = { now: 100 }
  const forgotten = { count: 0 }
  const tasks = createTaskOwners({ now: () => clock.now, onForgotten: () => void (forgotten.count += 1) })
  return { tasks, clock, forgotten }
}

const ownerOf = ({ tasks }: Made, taskId: string): string | undefined => tasks.find(taskId)?.owner

describe('A037 a task', () => {
  it('belongs to whoever created it, with what it was created by and nothing more', () => {
    const made = make()
    const operation = { ...report, parameters: { secret: 'value' } }
    made.tasks.add('1', { owner: 'alice', operation }, 60)
    made.tasks.add('2', { owner: 'bob', operation: undefined }, 60)
    expect(made.tasks.find('1')).toMatchObject({ owner: 'alice', operation: report })
    expect(made.tasks.find('1')?.operation).not.toHaveProperty('parameters')
    expect(made.tasks.find('2')).toMatchObject({ owner: 'bob', operation: undefined })
  })

  it.each(['3', '', '__proto__', 'constructor', '1 '])('of which nobody knows belongs to nobody: %j', (taskId) => {
    const made = make()
    made.tasks.add('1', owned('alice'), 60)
    expect(made.tasks.find(taskId)).toBeUndefined()
  })

  it('cannot be taken over by whoever has a server repeat its id', () => {
    const made = make()
    made.tasks.add('1', owned('alice'), 60)
    made.clock.now += 119
    made.tasks.add('1', owned('bob'), 60)
    expect(ownerOf(made, '1')).toBe('alice')
  })

  it('may have the id of one that ended long ago', () => {
    const made = make()
    made.tasks.add('1', owned('alice'), 60)
    made.clock.now += 120
    made.tasks.add('1', owned('bob'), 60)
    expect(ownerOf(made, '1')).toBe('bob')
  })

  it('whose id or name is too long to be kept belongs to nobody', () => {
    const made = make()
    const long = 'x'.repeat(1025)
    made.tasks.add(long, owned('alice'), 60)
    made.tasks.add('1', { owner: 'alice', operation: { kind: 'tool', name: long } }, 60)
    made.tasks.add(long.slice(1), { owner: 'alice', operation: { kind: 'tool', name: long.slice(1) } }, 60)
    expect([ownerOf(made, long), ownerOf(made, '1'), ownerOf(made, long.slice(1))]).toEqual([
      undefined,
      undefined,
      'alice',
    ])
  })
})

describe('the room for tasks', () => {
  it('is bounded for one owner, who loses the oldest own ones and nobody else’s', () => {
    const made = make()
    made.tasks.add('of bob', owned('bob'), forever)
    for (let index = 0; index < maxTasksOfOne + 5; index += 1) made.tasks.add(`${index}`, owned('alice'), forever)
    expect(ownerOf(made, 'of bob')).toBe('bob')
    expect(['0', '4', '5', `${maxTasksOfOne + 4}`].map((id) => ownerOf(made, id))).toEqual([
      undefined,
      undefined,
      'alice',
      'alice',
    ])
    expect(made.forgotten.count).toBe(1)
  })

  it('is bounded for all, and the oldest go first', () => {
    const made = make()
    for (let index = 0; index < maxTasks + 5; index += 1) made.tasks.add(`${index}`, owned(`user ${index}`), forever)
    expect(['4', '5', `${maxTasks + 4}`].map((id) => ownerOf(made, id))).toEqual([
      undefined,
      'user 5',
      `user ${maxTasks + 4}`,
    ])
    expect(made.forgotten.count).toBe(1)
  })

  it('is made by what has ended, before anything is forgotten', () => {
    const made = make()
    made.tasks.add('for ever', owned('alice'), forever)
    for (let index = 1; index < maxTasksOfOne; index += 1) made.tasks.add(`${index}`, owned('alice'), 60)
    made.clock.now += 119
    expect(ownerOf(made, '1')).toBe('alice')
    made.clock.now += 1
    made.tasks.add('new', owned('alice'), 60)
    expect([ownerOf(made, 'for ever'), ownerOf(made, '1'), ownerOf(made, 'new')]).toEqual(['alice', undefined, 'alice'])
    expect(made.forgotten.count).toBe(0)
  })

  it('is counted rightly when ids come again', () => {
    const made = make()
    for (let round = 0; round < 3 * maxTasksOfOne; round += 1) {
      made.tasks.add(`${round % 3}`, owned('alice'), 1)
      made.clock.now += 1
    }
    for (let index = 3; index < maxTasksOfOne; index += 1) made.tasks.add(`${index}`, owned('alice'), forever)
    expect(made.forgotten.count).toBe(0)
  })
})
