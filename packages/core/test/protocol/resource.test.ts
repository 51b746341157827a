import { describe, expect, it } from 'vitest'
import { matchResource } from '../../src/protocol/resource.ts'

const resource = 'https://rs.example/mcp'

describe('matchResource', () => {
  it.each([
    ['the identifier itself', 'https://rs.example/mcp'],
    ['an upper-case host', 'https://RS.EXAMPLE/mcp'],
    ['an upper-case scheme', 'HTTPS://rs.example/mcp'],
    ['a slash more', 'https://rs.example/mcp/'],
    ['the default port', 'https://rs.example:443/mcp'],
    ['the bare origin of the only resource', 'https://rs.example'],
    ['the bare origin with a slash', 'https://rs.example/'],
    ['the bare origin in upper case', 'https://RS.example/'],
  ])('A050 A051 accepts %s and gives the configured identifier', (_name, requested) => {
    expect(matchResource(requested, [resource])).toBe(resource)
  })

  it.each([
    ['https://rs.example', 'https://rs.example/'],
    ['https://rs.example/', 'https://rs.example'],
    ['https://rs.example/mcp/', 'https://rs.example/mcp'],
  ])('A050 takes %s for the configured %s', (requested, configured) => {
    expect(matchResource(requested, [configured])).toBe(configured)
  })

  it.each([
    ['another host', 'https://other.example/mcp'],
    ['another path', 'https://rs.example/other'],
    ['a longer path', 'https://rs.example/mcp/more'],
    ['the beginning of the path', 'https://rs.example/mc'],
    ['another case of the path', 'https://rs.example/MCP'],
    ['two slashes more', 'https://rs.example/mcp//'],
    ['a slash in front', 'https://rs.example//mcp'],
    ['another scheme', 'http://rs.example/mcp'],
    ['another port', 'https://rs.example:8443/mcp'],
    ['the host as a prefix', 'https://rs.example.evil.example/mcp'],
    ['a query', 'https://rs.example/mcp?tenant=1'],
    ['the bare origin with a query', 'https://rs.example/?tenant=1'],
    ['a fragment', 'https://rs.example/mcp#part'],
    ['an empty fragment', 'https://rs.example/mcp#'],
    ['a fragment on the bare origin', 'https://rs.example/#'],
    ['a relative reference', '/mcp'],
    ['a relative reference with a host', '//rs.example/mcp'],
    ['a user name', 'https://user@rs.example/mcp'],
    ['the host as a user name', 'https://rs.example@evil.example/mcp'],
    ['a dot segment', 'https://rs.example/x/../mcp'],
    ['an escaped dot segment', 'https://rs.example/%2e/mcp'],
    ['a backslash', 'https://rs.example\\mcp'],
    ['a leading space', ' https://rs.example/mcp'],
    ['a line break', 'https://rs.example/mcp\n'],
    ['a wildcard', 'https://rs.example/*'],
    ['another kind of URI', 'urn:example:mcp'],
    ['a private-use scheme', 'mcp://rs.example/mcp'],
    ['nothing', ''],
  ])('A048 A051 refuses %s', (_name, requested) => {
    expect(matchResource(requested, [resource])).toBeUndefined()
  })

  it('A048 takes the bare origin for no resource when there are two', () => {
    const resources = ['https://rs.example/a', 'https://rs.example/b']
    expect(matchResource('https://rs.example', resources)).toBeUndefined()
    expect(matchResource('https://rs.example/b/', resources)).toBe('https://rs.example/b')
  })

  it('A012 keeps sibling resources apart', () => {
    expect(matchResource('https://rs.example/b', ['https://rs.example/a'])).toBeUndefined()
  })

  it('A051 accepts a resource on a loopback host with its port', () => {
    expect(matchResource('http://127.0.0.1:8000/mcp/', ['http://127.0.0.1:8000/mcp'])).toBe('http://127.0.0.1:8000/mcp')
    expect(matchResource('http://127.0.0.1:8001/mcp', ['http://127.0.0.1:8000/mcp'])).toBeUndefined()
  })
})
