/** What the commands do. @module */
import { type Mint, mintToken, whatIsWrong } from '../tokens/mint-token.ts'
import { parseSigningKey, toPublicJwk } from '../tokens/signing-key.ts'
import {
  addSigningKey,
  currentSigningKey,
  readSigningKeys,
  rotateSigningKey,
  sweepSigningKeys,
} from '../tokens/signing-keys.ts'
import { VaultError } from '../vault/vault-error.ts'
import { assertNoBotToken, type Command, type RevocationTarget } from './arguments.ts'
import { checkBotToken } from './check-bot-token.ts'
import { failure, usageError } from './command-error.ts'
import { formatJSON, formatTable } from './list-references.ts'
import { readBotToken, readSecretFile } from './read-bot-token.ts'
import type { Surroundings } from './surroundings.ts'

/** What a command is done with. */
interface Work {
  readonly mint: Mint
  readonly surroundings: Surroundings
  readonly argv: readonly string[]
}

type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>

/**
 * Does what was asked for, then removes what has expired.
 * @throws {CommandError}
 * @throws {VaultError}
 * @throws {ConfigurationError} naming a variable
 */
export async function perform(command: Exclude<Command, { kind: 'help' }>, work: Work): Promise<void> {
  await performOne(command, work)
  await sweep(work)
}

async function performOne(command: Exclude<Command, { kind: 'help' }>, work: Work): Promise<void> {
  switch (command.kind) {
    case 'mint':
      return await mintOne(command, work)
    case 'list':
      return await list(command, work)
    case 'revoke':
      return await revoke(command.target, work)
    case 'show-keys':
      return await showKeys(work)
    case 'rotate-keys':
      await rotateSigningKey(work.mint.vault.signingKeys, command.algorithm, work.mint.now())
      return work.surroundings.say('a new key signs from now on; tokens signed before stay good until they expire')
    case 'import-key':
      return await importSigningKey(command, work)
  }
}

/** Checks everything that can be checked before a secret is asked for. @throws {CommandError} */
export function checkMint({ scopes, subject, lifetime, label }: CommandOf<'mint'>, surroundings: Surroundings): void {
  const allowed = Object.keys(surroundings.scopes)
  const unknown = scopes.filter((scope) => !allowed.includes(scope))
  if (unknown.length > 0) {
    throw usageError(
      `--scopes: unknown: ${unknown.map((one) => JSON.stringify(one)).join(', ')}; allowed are ${allowed.join(' ')}`,
    )
  }
  const objection = whatIsWrong({ subject, scopes, lifetime, label, botToken: 'not-known-yet' })
  if (objection !== undefined) throw usageError(objection)
}

async function mintOne(command: CommandOf<'mint'>, { mint, surroundings, argv }: Work): Promise<void> {
  const { subject, scopes, lifetime, label, source, isOffline } = command
  const { print, say } = surroundings
  // A wrong secret is found before anybody is asked for anything.
  await currentSigningKey(mint.vault.signingKeys, mint.now())
  const botToken = await readBotToken(source, surroundings)
  assertNoBotToken(argv, botToken)
  const request = { subject, scopes, lifetime, label, botToken }
  const objection = whatIsWrong(request)
  if (objection !== undefined) throw failure(objection)
  if (!isOffline) {
    const { username, id } = await checkBotToken(botToken, surroundings)
    say(`the bot is ${username} (${id})`)
  }
  const { accessToken, reference, expiresAt } = await mintToken(mint, request)
  say(`reference ${reference}, good until ${new Date(expiresAt * 1000).toISOString()} for ${mint.resource}`)
  print(accessToken)
}

async function list({ isJSON }: CommandOf<'list'>, { mint, surroundings }: Work): Promise<void> {
  const { references, failures } = await mint.vault.list()
  if (references.length === 0) report(failures, 0, surroundings)
  const format = isJSON ? formatJSON : formatTable
  if (isJSON || references.length > 0) surroundings.print(format(references, mint.now()))
  else surroundings.say('there are no references')
  report(failures, references.length, surroundings)
}

async function revoke(target: RevocationTarget, work: Work): Promise<void> {
  const { vault, now } = work.mint
  const ids = await findTargets(target, work)
  const revoked: string[] = []
  for (const id of ids) if (await vault.revoke(id, now())) revoked.push(id)
  if (revoked.length === 0) throw failure('there is nothing to revoke: no such reference, or revoked before')
  const isWhole = target.kind !== 'references' || revoked.length === ids.length
  work.surroundings.say(`revoked: ${revoked.join(' ')}`)
  if (!isWhole) throw failure('the other references are not there, or were revoked before')
  if (target.kind === 'references') return
  const { references, failures } = await vault.list()
  report(failures, references.length, work.surroundings)
}

/** @throws {CommandError} */
async function findTargets(target: RevocationTarget, { mint, surroundings, argv }: Work): Promise<readonly string[]> {
  if (target.kind === 'references') return target.ids
  if (target.kind === 'bot-token') {
    const botToken = await readBotToken(target.source, surroundings)
    assertNoBotToken(argv, botToken)
    return await mint.vault.findByBotToken(botToken)
  }
  const { references, failures } = await mint.vault.list()
  if (references.length === 0) report(failures, 0, surroundings)
  const isMeant = (reference: { readonly subject: string; readonly fingerprint: string }): boolean =>
    target.kind === 'subject' ? reference.subject === target.subject : reference.fingerprint === target.fingerprint
  return references.filter((reference) => reference.revokedAt === undefined && isMeant(reference)).map(({ id }) => id)
}

async function showKeys({ mint, surroundings }: Work): Promise<void> {
  const { keys, failures } = await readSigningKeys(mint.vault.signingKeys)
  if (keys.length === 0) report(failures, 0, surroundings)
  surroundings.print(JSON.stringify({ keys: keys.map(toPublicJwk) }, undefined, 2))
  report(failures, keys.length, surroundings)
}

async function importSigningKey({ file }: CommandOf<'import-key'>, { mint, surroundings }: Work): Promise<void> {
  const text = await readSecretFile('--key-file', file, surroundings)
  const key = await parseSigningKey(text, mint.now())
  if (typeof key === 'string') throw failure(`--key-file: ${key}`)
  await addSigningKey(mint.vault.signingKeys, key)
  surroundings.say('the key signs from now on; tokens signed before stay good until they expire')
}

/** What was asked for is done by then: leftovers are no reason to fail. */
async function sweep({ mint, surroundings }: Work): Promise<void> {
  const { vault, now } = mint
  try {
    const references = await vault.sweep(now())
    const keys = await sweepSigningKeys(vault, now())
    if (references + keys > 0) surroundings.say(`removed: ${references} expired references, ${keys} former keys`)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    surroundings.say(`warning: ${error.message}`)
  }
}

/**
 * Names the files that do not open. What only a removed secret opens has ended with it, which is no failure.
 * @throws {VaultError} when nothing opens, because the secret is wrong
 * @throws {CommandError} when something is damaged
 */
function report(failures: readonly VaultError[], opened: number, { say }: Surroundings): void {
  const [first] = failures
  if (opened === 0 && first?.failure === 'secret') throw first
  for (const { message } of failures) say(`warning: ${message}`)
  if (failures.every((one) => one.failure === 'secret')) return
  throw failure('what does not open was left out; mint revoke <reference> removes such a file')
}
