/** A file that several processes append to, and that may be moved away or cut off at any time. @module */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'

/** A file that lines are appended to. Every function throws what Node's file system throws. */
export interface AppendFile {
  /**
   * Makes sure that lines go to the file that is at the path now.
   * @returns whether it is another file than at the last call, or the same one cut off and begun anew
   */
  follow(): boolean
  /** Appends whole lines in one call to the operating system, which keeps lines of several processes apart. */
  append(lines: string): void
  /** The last bytes of the file, as many as there are up to this number. */
  readEnd(bytes: number): Buffer
  close(): void
}

/** An open file, and how it is known again. */
interface OpenFile {
  readonly descriptor: number
  readonly device: bigint
  readonly inode: bigint
  readonly isRegular: boolean
  /** How the file begins: appending never changes that, cutting it off does. */
  start: Buffer
  /** The last line was never finished, because the process or the disk that wrote it came to an end. */
  endsInsideLine: boolean
}

const ownerOnly = 0o600
const startBytes = 256
/** Longer than a line takes that another process is writing, for file systems without such turns. */
const momentMilliseconds = 5

/**
 * Opens a file to append to, and makes it its owner's only, also when it was there before.
 * @throws when it cannot be opened, as later calls do when it has been lost
 */
export function openAppendFile(path: string): AppendFile {
  let file = open(path)
  return {
    follow() {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (found?.dev !== file.device || found.ino !== file.inode) {
        const successor = open(path)
        closeSync(file.descriptor)
        file = successor
        return true
      }
      const { start } = file
      file.start = readStart(file)
      return !file.start.subarray(0, start.length).equals(start)
    },
    append: (lines) => append(file, lines),
    readEnd: (bytes) => readEnd(file, bytes),
    close: () => closeSync(file.descriptor),
  }
}

function open(path: string): OpenFile {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants
  const isOther = statSync(path, { throwIfNoEntry: false })?.isFile() === false
  // A pipe that nobody reads must not stop the process.
  const flags = isOther ? O_WRONLY | O_APPEND | O_NONBLOCK : O_RDWR | O_APPEND | O_CREAT
  const descriptor = openSync(path, flags, ownerOnly)
  try {
    const { dev, ino, mode } = fstatSync(descriptor, { bigint: true })
    const isRegular = !isOther
    if (isRegular && (Number(mode) & 0o777) !== ownerOnly) fchmodSync(descriptor, ownerOnly)
    const file = { descriptor, device: dev, inode: ino, isRegular, start: Buffer.alloc(0), endsInsideLine: false }
    return { ...file, start: readStart(file), endsInsideLine: isRegular && endsInsideLine(descriptor) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function append(file: OpenFile, lines: string): void {
  const isInsideLine = file.endsInsideLine && fstatSync(file.descriptor).size > 0
  const bytes = Buffer.from(isInsideLine ? `\n${lines}` : lines)
  const written = writeSync(file.descriptor, bytes)
  file.endsInsideLine = written < bytes.length
  if (file.start.length < startBytes) file.start = readStart(file)
  // Without its end a line is whole all the same, and the next one begins with that end.
  if (written < bytes.length - 1) throw Object.assign(new Error('only a part was written'), { code: 'ENOSPC' })
}

/** Whether the last line was never finished. One that another process is just writing looks the same for a moment. */
function endsInsideLine(descriptor: number): boolean {
  let size = 0
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const before = size
    size = fstatSync(descriptor).size
    if (size === 0 || readAt(descriptor, size - 1, 1).at(0) === 0x0a) return false
    if (size === before) return true
    // Changes nothing, but has its turn after the writer, however long the machine lets that one rest in its line.
    fchownSync(descriptor, -1, -1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, momentMilliseconds)
  }
  return false
}

function readStart({ descriptor, isRegular, start }: OpenFile): Buffer {
  return isRegular ? readAt(descriptor, 0, startBytes) : start
}

function readEnd({ descriptor, isRegular }: OpenFile, bytes: number): Buffer {
  if (!isRegular) return Buffer.alloc(0)
  return readAt(descriptor, Math.max(0, fstatSync(descriptor).size - bytes), bytes)
}

function readAt(descriptor: number, position: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, position))
}
