import { ConfigurationError, type Identity } from '@mcp-auth/core'
import { type EntraRolesOptions, entraRoles } from '@mcp-auth/provider-entra'
import { describe, expect, it } from 'vitest'

const admins = '6f5b2c1e-8f5a-4b0e-9d43-0e6a4a7a1b11'
const others = '0c1b2c1e-8f5a-4b0e-9d43-0e6a4a7a1b22'

function identity(claims: Record<string, unknown>): Identity {
  return { subject: 'tid.oid', claims: { roles: [], groupsOverage: false, ...claims } }
}
const onGroupsOverage = (): readonly string[] => [admins]

describe('entraRoles', () => {
  it('gives app roles, and nothing for groups unless they are asked for', async () => {
    expect(await entraRoles()(identity({ roles: ['editor'], groups: [admins] }))).toEqual(['editor'])
  })

  it('adds what groups stand for, whatever the case of their ids', async () => {
    const roles = entraRoles({ groups: { [admins.toUpperCase()]: 'admin' }, onGroupsOverage })
    expect(await roles(identity({ roles: ['editor'], groups: [admins, others] }))).toEqual(['editor', 'admin'])
    expect(await roles(identity({ groups: [others] }))).toEqual([])
  })

  it('makes every group a role of its own if it is told so', async () => {
    expect(await entraRoles({ groups: true, onGroupsOverage })(identity({ groups: [others] }))).toEqual([others])
  })

  it('asks for the groups that do not fit into a token, and passes a refusal on', async () => {
    const overage = identity({ groupsOverage: true })
    expect(await entraRoles({ groups: { [admins]: 'admin' }, onGroupsOverage })(overage)).toEqual(['admin'])
    const strict = entraRoles({
      groups: true,
      onGroupsOverage: () => {
        throw new Error('too many groups')
      },
    })
    await expect(async () => await strict(overage)).rejects.toThrow('too many groups')
  })

  it.each<readonly [string, unknown, string]>([
    ['groups without an answer to too many of them', { groups: true }, 'onGroupsOverage'],
    ['groups by name', { groups: { Admins: 'admin' }, onGroupsOverage }, 'groups'],
  ])('refuses %s at start', (_name, options, option) => {
    expect(() => entraRoles(options as EntraRolesOptions)).toThrow(ConfigurationError)
    expect(() => entraRoles(options as EntraRolesOptions)).toThrow(expect.objectContaining({ option }))
  })
})
