import { describe, expect, it } from 'vitest'
import { addressBlock, isPublicAddress, isPublicName } from '../src/protocol/ip-address.ts'

describe('addresses that no stranger may send us to', () => {
  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.255.255.255'],
    ['private', '10.0.0.1'],
    ['private', '10.255.255.255'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['shared by a carrier', '100.64.0.1'],
    ['shared by a carrier', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.0.1'],
    ['the metadata service of a cloud', '169.254.169.254'],
    ['the metadata service of another cloud', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['a 6to4 relay', '192.88.99.1'],
    ['benchmarks', '198.18.0.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback, written out', '0:0:0:0:0:0:0:1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd12:3456:789a::1'],
    ['multicast', 'ff02::1'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped, in hexadecimal', '::ffff:7f00:1'],
    ['mapped, of a public address', '::ffff:8.8.8.8'],
    ['compatible', '::127.0.0.1'],
    ['translated', '::ffff:0:7f00:1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64, of a public address', '64:ff9b::808:808'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['6to4, of a public address', '2002:808:808::1'],
    ['Teredo', '2001::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ORCHID', '2001:10::1'],
    ['benchmarks', '2001:2::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff:fff::1'],
    ['discard-only', '100::1'],
    ['segment routing', '5f00::1'],
    ['not assigned', '4000::1'],
  ])('D1 A074 does not take %s for public: %s', (_name, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    '',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '256.1.1.1',
    '8.8.8.8.8',
    '8.8.8.8 ',
    '8.8.8.8\n',
    '2606:4700::1::2',
    '2606:4700:4700:::1111',
    '[2606:4700:4700::1111]',
    '2606:4700:4700::1111]/?[::1',
    'a:b@[::1]',
  ])('A075 takes nothing for public that is not an address as a resolver writes it: %j', (text) => {
    expect(isPublicAddress(text)).toBe(false)
  })

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2003::1',
    '2606:4700:4700::1111',
    '2A00:1450:4001:80B::200E',
    '3ffe::1',
    '3fff:1000::1',
  ])('A070 takes a neighbour of every block for public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('names', () => {
  it.each([
    'localhost',
    'intranet',
    'LOCALHOST.',
    'app.localhost',
    'printer.local',
    'metadata.google.internal',
    'router.home.arpa',
    'secret.onion',
    'Secret.Local.',
  ])('A075 takes %s for no host of the public internet', (name) => {
    expect(isPublicName(name)).toBe(false)
  })

  it.each(['claude.ai', 'client.example', 'localhost.example', 'notlocal.com', 'a.b.c.dev', 'internal.example.com'])(
    'A070 takes %s for one that may be',
    (name) => {
      expect(isPublicName(name)).toBe(true)
    },
  )
})

describe('whom an address stands for', () => {
  it.each([
    ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
    ['the same, as a dual-stack socket says it', '::ffff:203.0.113.7', '203.0.113.7'],
    ['the same in hexadecimal', '::FFFF:CB00:7107', '203.0.113.7'],
    ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['a neighbour of it', '2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['one with zeros in its network', '2001:db8::1', '2001:db8:0:0::/64'],
    ['loopback', '::1', '0:0:0:0::/64'],
    ['what is no address', 'unix socket', 'unix socket'],
  ])('A078 A086 counts %s', (_name, address, block) => {
    expect(addressBlock(address)).toBe(block)
  })

  it('A086 tells networks apart', () => {
    expect(addressBlock('2001:db8:1:2::1')).not.toBe(addressBlock('2001:db8:1:3::1'))
    expect(addressBlock('198.51.100.1')).not.toBe(addressBlock('198.51.100.2'))
  })
})
