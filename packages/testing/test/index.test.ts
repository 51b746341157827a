import * as root from '@mcp-auth/testing'
import * as adapterContract from '@mcp-auth/testing/adapter-contract'
import * as idpContract from '@mcp-auth/testing/idp-contract'
import * as storeContract from '@mcp-auth/testing/store-contract'
import { expect, it } from 'vitest'

it('exports these values and no others', () => {
  expect(Object.keys(root).sort()).toEqual(['clientProfiles', 'createTestClock', 'startOIDCServer'])
  expect(Object.keys(idpContract)).toEqual(['describeIdPContract'])
  expect(Object.keys(storeContract)).toEqual(['describeStoreContract'])
  expect(Object.keys(adapterContract).sort()).toEqual([
    'describeAdapterContract',
    'earlierCookie',
    'echo',
    'mcpPath',
    'nothingHere',
    'paths',
    'thrownBy',
  ])
})
