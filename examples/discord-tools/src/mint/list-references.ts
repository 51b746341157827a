/** `mint list`: what there is, for people and for programs. @module */
import type { ListedReference } from '../vault/vault.ts'

/** State of a reference; `now` in seconds since the epoch. */
function stateOf({ revokedAt, expiresAt }: ListedReference, now: number): 'active' | 'expired' | 'revoked' {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt <= now ? 'expired' : 'active'
}

/** One JSON list; times in ISO 8601. */
export function formatJSON(references: readonly ListedReference[], now: number): string {
  const rows = references.map((reference) => ({
    reference: reference.id,
    state: stateOf(reference, now),
    subject: reference.subject,
    scopes: reference.scopes,
    label: reference.label ?? null,
    bot_token: reference.fingerprint,
    created_at: toTime(reference.createdAt),
    expires_at: toTime(reference.expiresAt),
    revoked_at: reference.revokedAt === undefined ? null : toTime(reference.revokedAt),
  }))
  return JSON.stringify(rows, undefined, 2)
}

const heads = ['reference', 'state', 'bot token', 'expires', 'subject', 'scopes', 'label'] as const

/** Columns, one line for each. */
export function formatTable(references: readonly ListedReference[], now: number): string {
  const rows = references.map((reference) => [
    reference.id,
    stateOf(reference, now),
    reference.fingerprint,
    toTime(reference.expiresAt),
    reference.subject,
    reference.scopes.join(' '),
    reference.label ?? '',
  ])
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const toLine = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [heads, ...rows].map(toLine).join('\n')
}

function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
