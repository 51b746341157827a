/** Whether somebody has changed an audit log whose lines are chained. @module */
import { createReadStream } from 'node:fs'
import { type ChainedLine, calculateChain, parseChainedLine, parseObject } from './audit-chain.ts'

/** Options of {@link verifyAuditLog}. */
export interface VerifyAuditLogOptions {
  /** Chain values that were kept elsewhere. A log without one of them has lost its end. */
  readonly knownHeads?: readonly string[]
  /**
   * A log without a single chained line is damaged too: every chain value was taken away, the ends of its lines were
   * converted, or it was emptied. Set it wherever the log is written with `hashChain`. Default: `false`.
   */
  readonly requireChain?: boolean
}

/** What is wrong with a line. */
export type AuditLogFault =
  /** It was put in: the line that follows it does not know it. */
  | 'inserted'
  /** It was changed, or lines before it were removed: from the file alone the two cannot be told apart. */
  | 'changed_or_removed'
  /** It has no chain value although the chain has begun, or, in the first line, no line has one and one is required. */
  | 'unchained'
  /** A line with a known chain value is missing, so that the end was cut off. */
  | 'end_removed'

/**
 * What was found. `intact` means that every line from the first chained one on follows from the one before it. It says
 * nothing of lines before that (`unchained`), and, unless {@link VerifyAuditLogOptions.requireChain} is set, a log
 * without a chain is intact.
 */
export type AuditLogVerdict = AuditLogFindings &
  (
    | { readonly intact: true }
    | {
        readonly intact: false
        /** The first line with a fault, counted from 1. */
        readonly line: number
        readonly fault: AuditLogFault
      }
  )

/** What was found in the lines before the first fault. */
export interface AuditLogFindings {
  /** Lines that are chained. */
  readonly chained: number
  /** Lines before the chain began, which nothing protects. */
  readonly unchained: number
  /** Numbers of lines that a crash or a full disk left unfinished: they are no JSON, and no part of the chain. */
  readonly unfinished: readonly number[]
  /** The last chain value of each writer, to be kept elsewhere. */
  readonly heads: Readonly<Record<string, string>>
  /** Chain values of another file that this one goes on from: heads of the file that was rotated away before. */
  readonly formerHeads: readonly string[]
}

/** The findings so far. */
interface Reading {
  number: number
  chained: number
  unchained: number
  readonly unfinished: number[]
  /** Where each writer was last. */
  readonly last: Map<string, { readonly line: number; readonly chain: string }>
  readonly formerHeads: string[]
  readonly seen: Set<string>
  suspect: Suspect | undefined
}

/** A line that does not follow from the one before it: the next one of its writer tells whether it was put in. */
interface Suspect {
  readonly line: number
  readonly writer: string
  /** Chain value of the line that it should follow. */
  readonly former: string
  /** A line in between that cannot be read any more. */
  readonly unfinished: number | undefined
}

/** A fault and its line. */
interface Finding {
  readonly line: number
  readonly fault: AuditLogFault
}

/**
 * Reads a log and compares every chain value. Lines that were cut off at the end leave no trace in it: whoever keeps
 * the last heads elsewhere sees that by `knownHeads`, and also that somebody calculated the whole chain anew.
 * @param source path of the file, or its lines
 * @throws what Node's file system throws when the file cannot be read
 */
export async function verifyAuditLog(
  source: string | Iterable<string> | AsyncIterable<string>,
  { knownHeads = [], requireChain = false }: VerifyAuditLogOptions = {},
): Promise<AuditLogVerdict> {
  const reading: Reading = {
    number: 0,
    chained: 0,
    unchained: 0,
    unfinished: [],
    last: new Map(),
    formerHeads: [],
    seen: new Set(),
    suspect: undefined,
  }
  for await (const line of typeof source === 'string' ? linesOfFile(source) : bytesOf(source)) {
    reading.number += 1
    const finding = readLine(reading, line)
    if (finding) return toVerdict(reading, finding)
  }
  if (reading.suspect) return toVerdict(reading, blame(reading.suspect))
  if (requireChain && reading.chained === 0) return toVerdict(reading, { line: 1, fault: 'unchained' })
  const isKnown = (head: string): boolean => reading.seen.has(head) || reading.formerHeads.includes(head)
  return toVerdict(reading, knownHeads.every(isKnown) ? undefined : { line: reading.number + 1, fault: 'end_removed' })
}

/** Reads on. The fault is that of the line, or of the one that was suspected before. */
function readLine(reading: Reading, text: string): Finding | undefined {
  const line = parseChainedLine(text)
  const { suspect } = reading
  if (suspect) return line?.writer === suspect.writer ? judge(suspect, line) : undefined
  if (!line) return readOther(reading, text)
  if (follows(reading, line)) accept(reading, line)
  else reading.suspect = suspectLine(reading, line)
  return undefined
}

function follows({ last, seen }: Reading, { writer, chainAfter, chainFrom, content, chain }: ChainedLine): boolean {
  if (chainAfter !== undefined && !seen.has(chainAfter)) return false
  return calculateChain(chainFrom ?? chainAfter ?? last.get(writer)?.chain ?? '', content, 'latin1') === chain
}

function accept(reading: Reading, { writer, chain, chainFrom }: ChainedLine): void {
  if (chainFrom !== undefined && !reading.seen.has(chainFrom)) reading.formerHeads.push(chainFrom)
  reading.chained += 1
  reading.seen.add(chain)
  reading.last.set(writer, { line: reading.number, chain })
}

function suspectLine({ number, last, unfinished }: Reading, { writer }: ChainedLine): Suspect {
  const former = last.get(writer)
  return {
    line: number,
    writer,
    former: former?.chain ?? '',
    unfinished: unfinished.find((line) => line > (former?.line ?? 0)),
  }
}

function judge(suspect: Suspect, next: ChainedLine): Finding {
  const isNext = calculateChain(suspect.former, next.content, 'latin1') === next.chain
  return isNext ? { line: suspect.line, fault: 'inserted' } : blame(suspect)
}

function blame({ unfinished, line }: Suspect): Finding {
  return { line: unfinished ?? line, fault: 'changed_or_removed' }
}

/** A line without a chain value is older than the chain, was never finished, or does not belong here. */
function readOther(reading: Reading, text: string): Finding | undefined {
  if (!parseObject(text)) {
    reading.unfinished.push(reading.number)
    return undefined
  }
  if (reading.chained > 0) return { line: reading.number, fault: 'unchained' }
  reading.unchained += 1
  return undefined
}

function toVerdict(reading: Reading, finding?: Finding): AuditLogVerdict {
  const { chained, unchained, unfinished, last, formerHeads } = reading
  const heads = Object.fromEntries([...last].map(([writer, { chain }]) => [writer, chain]))
  const findings: AuditLogFindings = { chained, unchained, unfinished, heads, formerHeads }
  return finding ? { ...findings, intact: false, ...finding } : { ...findings, intact: true }
}

/** Lines of a file, whose characters are its bytes: what is no UTF-8 any more must count too. */
async function* linesOfFile(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const part of createReadStream(path, 'latin1') as AsyncIterable<string>) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

async function* bytesOf(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield Buffer.from(line).toString('latin1').replace(/\n$/, '')
}
