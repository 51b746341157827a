/** A folder of sealed files, one for each name. @module */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { listFiles, readPrivateFile, removeFile, removeOldParts, writePrivateFile } from './private-folder.ts'
import { type SealedKind, type Sealer, sealedVersion } from './sealer.ts'
import { VaultError } from './vault-error.ts'

/** An opened file. */
interface OpenedFile {
  readonly text: string
  /** Whether the first secret of the ring sealed it. */
  readonly isCurrent: boolean
}

/** Sealed files by name. Every operation throws {@link VaultError} and nothing else. */
export interface SealedFolder {
  names(): Promise<readonly string[]>
  /** `undefined` for a name that is not there, or can be none. */
  read(name: string): Promise<OpenedFile | undefined>
  /** Replaces the whole file at once. */
  write(name: string, text: string): Promise<void>
  /** Whether there was such a file. */
  remove(name: string): Promise<boolean>
  /** Removes what killed processes left behind; `now` in seconds since the epoch. */
  clean(now: number): Promise<void>
}

const fileForm = z.object({ version: z.literal(sealedVersion), name: z.string(), sealed: z.string() })
const extension = '.json'

/**
 * Creates the view of a folder that exists.
 * @param namePattern what names look like; nothing else ever becomes part of a path
 */
export function createSealedFolder(options: {
  readonly root: string
  readonly folder: string
  readonly kind: SealedKind
  readonly namePattern: RegExp
  readonly sealer: Sealer
}): SealedFolder {
  const { folder, kind, namePattern, sealer } = options
  const path = join(options.root, folder)
  const fileOf = (name: string): string => `${name}${extension}`
  const guard = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof VaultError ? cause : new VaultError('unreadable', file, { cause })
    }
  }
  return {
    names: async () =>
      await guard(folder, async () => {
        const files = (await listFiles(path)).filter((file) => file.endsWith(extension))
        return files.map((file) => file.slice(0, -extension.length)).filter((name) => namePattern.test(name))
      }),
    async read(name) {
      if (!namePattern.test(name)) return undefined
      const file = join(folder, fileOf(name))
      const text = await guard(file, async () => await readPrivateFile(path, fileOf(name)))
      return text === undefined ? undefined : unseal({ text, file, name, kind, sealer })
    },
    async write(name, text) {
      if (!namePattern.test(name)) throw new TypeError('not a name of this folder')
      const sealed = sealer.seal(kind, name, text)
      const content = `${JSON.stringify({ version: sealedVersion, name, sealed })}\n`
      await guard(join(folder, fileOf(name)), async () => await writePrivateFile(path, fileOf(name), content))
    },
    async remove(name) {
      if (!namePattern.test(name)) return false
      return await guard(join(folder, fileOf(name)), async () => await removeFile(path, fileOf(name)))
    },
    clean: async (now) => await guard(folder, async () => await removeOldParts(path, now)),
  }
}

/** @throws {VaultError} */
function unseal(given: { text: string; file: string; name: string; kind: SealedKind; sealer: Sealer }): OpenedFile {
  const { text, file, name, kind, sealer } = given
  const content = fileForm.safeParse(parseJSON(text))
  if (!content.success) throw new VaultError('damaged', file)
  if (content.data.name !== name) throw new VaultError('foreign', file)
  const opened = sealer.open(kind, name, content.data.sealed)
  if ('failure' in opened) throw new VaultError(opened.failure, file)
  return opened
}

/** The value of a JSON text; `undefined` for anything else. The parser's own words would quote the text. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
