/** Audit lines that are chained: each one carries a hash over itself and the one before it. @module */
import { createHash, randomBytes } from 'node:crypto'
import type { AppendFile } from './append-file.ts'

/** What a chained line says about its place. */
export interface ChainedLine {
  /** The line without its member `chain`, as a JSON object: what the hash is calculated over. */
  readonly content: string
  readonly chain: string
  /** Which process wrote it. Each has a chain of its own. */
  readonly writer: string
  /** The line of the same file that a writer's first line follows. */
  readonly chainAfter?: string
  /** The writer's last line in the file before this one. */
  readonly chainFrom?: string
}

/** Lines are shorter than that, so that the last one is found in as many bytes at the end of a file. */
const endBytes = 1_048_576

const chainedLine = /^(\{.*),"chain":"([0-9a-f]{64})"\}$/s

/**
 * The chain value of a line: SHA-256, in lower-case hexadecimal digits, over the chain value before it (or nothing),
 * a line feed, and the line's content.
 * @param encoding of `content`: `latin1` where each character stands for a byte
 */
export function calculateChain(former: string, content: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return createHash('sha256').update(`${former}\n`).update(content, encoding).digest('hex')
}

/** Reads a line; `undefined` when it has no chain value, or is no JSON object. */
export function parseChainedLine(line: string): ChainedLine | undefined {
  const [, start, chain] = chainedLine.exec(line) ?? []
  if (start === undefined || chain === undefined) return undefined
  const content = `${start}}`
  const { writer, chain_after: chainAfter, chain_from: chainFrom } = parseObject(content) ?? {}
  if (typeof writer !== 'string') return undefined
  return {
    content,
    chain,
    writer,
    ...(typeof chainAfter === 'string' ? { chainAfter } : {}),
    ...(typeof chainFrom === 'string' ? { chainFrom } : {}),
  }
}

/** A JSON object, or `undefined` when the text is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The chain of one process. */
export interface AuditChain {
  /** Chain value of the last line that was written, or that the first one will follow. */
  readonly head: string | undefined
  /** Appends a line. Only a line that was written becomes the head. `isOther`: the file is another one than before. */
  append(content: string, isOther: boolean): void
}

/** What the first line of a writer in a file follows. */
type Link = { readonly chain_after?: string; readonly chain_from?: string }

/** Begins the chain of this process, after the last line of the file. */
export function createAuditChain(file: AppendFile): AuditChain {
  const writer = randomBytes(8).toString('hex')
  let head = readLastChain(file)
  let link: Link = head === undefined ? {} : { chain_after: head }
  const startOver = (): void => {
    const found = head === undefined ? readLastChain(file) : undefined
    if (head !== undefined) link = { chain_from: head }
    else if (found !== undefined) link = { chain_after: found }
    head ??= found
  }
  return {
    get head() {
      return head
    },
    append(content, isOther) {
      if (isOther) startOver()
      const place = JSON.stringify({ writer, ...link }).slice(1)
      const whole = `${content.slice(0, -1)},${place}`
      const chain = calculateChain(head ?? '', whole)
      file.append(`${whole.slice(0, -1)},"chain":"${chain}"}\n`)
      head = chain
      link = {}
    },
  }
}

function readLastChain(file: AppendFile): string | undefined {
  const lines = file.readEnd(endBytes).toString('latin1').split('\n')
  return lines
    .toReversed()
    .map((line) => parseChainedLine(line)?.chain)
    .find((chain) => chain !== undefined)
}
