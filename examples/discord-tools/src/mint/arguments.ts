/** The arguments of the command line → what is to be done. @module */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { defaultLifetime, maxLifetime } from '../tokens/mint-token.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../tokens/signing-key.ts'
import { usageError } from './command-error.ts'

/** Where the bot token comes from: a prompt, unless one of these says otherwise. */
export interface BotTokenSource {
  /** Path; `-` is standard input. */
  readonly file: string | undefined
  /** Name of an environment variable. */
  readonly variable: string | undefined
}

/** What is to be revoked. */
export type RevocationTarget =
  | { readonly kind: 'references'; readonly ids: readonly string[] }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'bot-token'; readonly source: BotTokenSource }

/** A command. */
export type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'mint'
      readonly subject: string
      readonly scopes: readonly string[]
      /** Seconds. */
      readonly lifetime: number
      readonly label: string | undefined
      readonly source: BotTokenSource
      readonly isOffline: boolean
    }
  | { readonly kind: 'list'; readonly isJSON: boolean }
  | { readonly kind: 'revoke'; readonly target: RevocationTarget }
  | { readonly kind: 'show-keys' }
  | { readonly kind: 'rotate-keys'; readonly algorithm: SigningAlgorithm }
  | { readonly kind: 'import-key'; readonly file: string }

type Options = NonNullable<ParseArgsConfig['options']>

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const sourceOptions = { 'token-file': text, 'token-env': text }
const mintOptions = { ...sourceOptions, subject: text, scopes: text, ttl: text, label: text, offline: flag }
const revokeOptions = { ...sourceOptions, subject: text, 'all-of-token': text }

/**
 * Reads the arguments. What they hold is not repeated: it may be a secret in the wrong place.
 * @throws {CommandError}
 */
export function parseCommand(argv: readonly string[]): Command {
  assertNoBotToken(argv)
  // Package managers pass on the `--` that ends their own options.
  const given = argv[0] === '--' ? argv.slice(1) : argv
  if (given.length === 0 || given.some((one) => one === '--help' || one === '-h') || given[0] === 'help') {
    return { kind: 'help' }
  }
  const [name = ''] = given
  if (name.startsWith('-')) return parseMint(given)
  const parse = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!parse) throw usageError(`unknown command; known are list, revoke and keys, and minting, which has no name`)
  return parse(given.slice(1))
}

const commands: Readonly<Record<string, (argv: readonly string[]) => Command>> = {
  list: (argv) => ({ kind: 'list', isJSON: parse(argv, { json: flag }).values['json'] === true }),
  revoke: parseRevoke,
  keys: parseKeys,
}

function parseMint(argv: readonly string[]): Command {
  const { values } = parse(argv, mintOptions)
  const { subject, scopes, label } = values
  if (subject === undefined) throw usageError('--subject is missing: who will call with the token')
  if (scopes === undefined) throw usageError('--scopes is missing: what the token is good for')
  return {
    kind: 'mint',
    subject,
    scopes: scopes.split(/[\s,]+/).filter((scope) => scope !== ''),
    lifetime: parseLifetime(values.ttl),
    label,
    source: toSource(values),
    isOffline: values.offline === true,
  }
}

function parseLifetime(ttl: string | undefined): number {
  if (ttl === undefined) return defaultLifetime
  const seconds = /^\d{1,9}$/.test(ttl) ? Number(ttl) : 0
  if (seconds >= 1 && seconds <= maxLifetime) return seconds
  throw usageError(`--ttl must be a whole number of seconds from 1 to ${maxLifetime} (30 days)`)
}

function parseRevoke(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, revokeOptions, true)
  const { subject, 'all-of-token': fingerprint } = values
  const source = toSource(values)
  const hasSource = source.file !== undefined || source.variable !== undefined
  const given = [positionals.length > 0, subject !== undefined, fingerprint !== undefined, hasSource]
  if (given.filter(Boolean).length !== 1) {
    throw usageError(
      'say what to revoke, in one way: references, --subject, --all-of-token, --token-file or --token-env',
    )
  }
  return { kind: 'revoke', target: toTarget({ ids: positionals, subject, fingerprint, source }) }
}

function toTarget(given: {
  ids: readonly string[]
  subject: string | undefined
  fingerprint: string | undefined
  source: BotTokenSource
}): RevocationTarget {
  const { ids, subject, fingerprint, source } = given
  if (subject !== undefined) return { kind: 'subject', subject }
  if (fingerprint !== undefined) return { kind: 'fingerprint', fingerprint }
  return ids.length > 0 ? { kind: 'references', ids } : { kind: 'bot-token', source }
}

function parseKeys([action, ...argv]: readonly string[]): Command {
  if (action === 'rotate') {
    const { algorithm = signingAlgorithms[0] } = parse(argv, { algorithm: text }).values
    const known = signingAlgorithms.find((one) => one === algorithm)
    if (!known) throw usageError(`--algorithm must be ${signingAlgorithms.join(' or ')}`)
    return { kind: 'rotate-keys', algorithm: known }
  }
  if (action === 'import') {
    const file = parse(argv, { 'key-file': text }).values['key-file']
    if (file === undefined) throw usageError('--key-file is missing: a private key, PKCS #8 in PEM or JWK')
    return { kind: 'import-key', file }
  }
  if (action !== undefined) throw usageError('keys is followed by nothing, by rotate or by import')
  return { kind: 'show-keys' }
}

function toSource(values: { readonly 'token-file'?: string; readonly 'token-env'?: string }): BotTokenSource {
  const { 'token-file': file, 'token-env': variable } = values
  if (file !== undefined && variable !== undefined) throw usageError('give --token-file or --token-env, not both')
  if (variable !== undefined && !/^[A-Za-z_]\w{0,100}$/.test(variable)) {
    throw usageError('--token-env must be the name of an environment variable, not its value')
  }
  return { file, variable }
}

function parse<Known extends Options>(
  argv: readonly string[],
  options: Known,
  allowPositionals = false,
): ReturnType<typeof parseArgs<{ options: Known; allowPositionals: boolean }>> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals, strict: true })
  } catch (error) {
    throw usageError(explain(error, Object.keys(options)))
  }
}

/** The parser's own words repeat what was given. */
function explain(error: unknown, known: readonly string[]): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const options = known.map((name) => `--${name}`).join(', ')
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return 'an option is without its value, or has one that it does not take; a value that begins with - is written --option=-value'
  }
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return 'there is an argument that belongs to no option'
  return `there is an unknown option; known are ${options}`
}

/** Form of a bot token: the user id in base64, a time stamp, a signature. */
const botTokenForm = /[\w-]{20,}\.[\w-]{5,8}\.[\w-]{25,}/

const exposed =
  'there is a bot token on the command line. It is in the history of the shell now, and every process could read it: ' +
  'reset it at https://discord.com/developers/applications (Bot, Reset Token). ' +
  'Give the new one at the prompt, by --token-file or by --token-env'

/**
 * A bot token has no business among the arguments.
 * @param botToken the very token, where it is known by now
 * @throws {CommandError}
 */
export function assertNoBotToken(argv: readonly string[], botToken?: string): void {
  const isExposed = argv.some(
    (one) =>
      botTokenForm.test(one) ||
      /^--?(?:bot-?)?token(?:=|$)/i.test(one) ||
      (botToken !== undefined && one.includes(botToken)),
  )
  if (isExposed) throw usageError(exposed)
}
