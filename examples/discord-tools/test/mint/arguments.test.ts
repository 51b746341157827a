import { expect, it } from 'vitest'
import { parseCommand } from '../../src/mint/arguments.ts'
import { CommandError } from '../../src/mint/command-error.ts'
import { makeBotToken } from '../vault/support/vault.ts'

const source = { file: undefined, variable: undefined }
const mint = { kind: 'mint', subject: 'a', scopes: ['x'], lifetime: 3600, label: undefined, source, isOffline: false }
const minting = ['--subject', 'a', '--scopes', 'x']

it.each<[readonly string[], unknown]>([
  [[], { kind: 'help' }],
  [['--help'], { kind: 'help' }],
  [['list', '-h'], { kind: 'help' }],
  [minting, mint],
  [['--', ...minting], mint],
  [['--scopes', ' x  y,z ', '--subject=a', '--ttl', '60'], { ...mint, scopes: ['x', 'y', 'z'], lifetime: 60 }],
  [[...minting, '--label', 'l', '--offline'], { ...mint, label: 'l', isOffline: true }],
  [[...minting, '--token-file', '-'], { ...mint, source: { ...source, file: '-' } }],
  [[...minting, '--token-env', 'DISCORD_BOT_TOKEN'], { ...mint, source: { ...source, variable: 'DISCORD_BOT_TOKEN' } }],
  [['list'], { kind: 'list', isJSON: false }],
  [['list', '--json'], { kind: 'list', isJSON: true }],
  [['revoke', 'a', 'b'], { kind: 'revoke', target: { kind: 'references', ids: ['a', 'b'] } }],
  [['revoke', '--subject', 'a'], { kind: 'revoke', target: { kind: 'subject', subject: 'a' } }],
  [['revoke', '--all-of-token', 'f'], { kind: 'revoke', target: { kind: 'fingerprint', fingerprint: 'f' } }],
  [
    ['revoke', '--token-env', 'T'],
    { kind: 'revoke', target: { kind: 'bot-token', source: { ...source, variable: 'T' } } },
  ],
  [['keys'], { kind: 'show-keys' }],
  [['keys', 'rotate'], { kind: 'rotate-keys', algorithm: 'EdDSA' }],
  [['keys', 'rotate', '--algorithm', 'RS256'], { kind: 'rotate-keys', algorithm: 'RS256' }],
  [['keys', 'import', '--key-file', 'k.pem'], { kind: 'import-key', file: 'k.pem' }],
])('reads %j', (argv, command) => {
  expect(parseCommand(argv)).toEqual(command)
})

const private_ = 'a-private-text'

it.each<[readonly string[]]>([
  [['--subject', private_]],
  [['--scopes', private_]],
  [[...minting, private_]],
  [[...minting, `--${private_}`]],
  [[...minting, '--offline=a-private-text']],
  [[...minting, '--label']],
  [[...minting, '--label', '--offline']],
  [[...minting, '--ttl', private_]],
  [[...minting, '--ttl', '0']],
  [[...minting, '--ttl', '-1']],
  [[...minting, '--ttl', '1e3']],
  [[...minting, '--ttl', '2592001']],
  [[...minting, '--token-env', 'not a-private-text name']],
  [[...minting, '--token-env', 'A', '--token-file', 'b']],
  [['list', private_]],
  [['revoke']],
  [['revoke', private_, '--subject', 'a']],
  [['keys', private_]],
  [['keys', 'rotate', '--algorithm', private_]],
  [['keys', 'import']],
  [[private_]],
  [['__proto__']],
])('refuses %j with exit code 64 and repeats nothing of it', (argv) => {
  const attempt = (): unknown => parseCommand(argv)
  expect(attempt).toThrow(CommandError)
  expect(attempt).toThrow(expect.objectContaining({ exitCode: 64, message: expect.not.stringContaining(private_) }))
})

const botToken = makeBotToken()

it.each<[string, readonly string[]]>([
  ['alone', [botToken]],
  ['as a value', [...minting, '--label', botToken]],
  ['behind an equals sign', [...minting, `--token-file=${botToken}`]],
  ['with its prefix', [...minting, `Bot ${botToken}`]],
  ['behind --help', ['--help', botToken]],
  ['of an option that does not exist', [...minting, '--token', 'whatever']],
  ['of another one', [...minting, '--bot-token=whatever']],
  ['where a fingerprint belongs', ['revoke', '--all-of-token', botToken]],
])('refuses a bot token %s on the command line, and says that it must be reset', (_, argv) => {
  const attempt = (): unknown => parseCommand(argv)
  expect(attempt).toThrow(/in the history of the shell now.*reset it at https:\/\/discord\.com\/developers/)
  expect(attempt).toThrow(expect.objectContaining({ exitCode: 64, message: expect.not.stringContaining(botToken) }))
})

it('does not take an access token for a bot token', () => {
  const accessToken = `${'a'.repeat(80)}.${'b'.repeat(200)}.${'c'.repeat(86)}`
  expect(parseCommand(['revoke', accessToken])).toHaveProperty('kind', 'revoke')
})
