/** Packs the published packages. @module */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod/mini'
import { root } from '../scripts/root.ts'
import { run } from './command.ts'

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  private: z.optional(z.boolean()),
  exports: z.optional(z.record(z.string(), z.unknown())),
})

export interface PublishedPackage {
  readonly name: string
  readonly folder: string
  /** What a user may import: `@mcp-auth/core`, `@mcp-auth/core/node`. */
  readonly specifiers: readonly string[]
}

export interface PackedPackage extends PublishedPackage {
  readonly tarball: string
}

/** Every package of the workspace that is not private. */
export function publishedPackages(): readonly PublishedPackage[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((file) => ({ file, ...manifest.parse(JSON.parse(readFileSync(join(root, file), 'utf8'))) }))
    .filter((found) => found.private !== true)
    .map(({ file, name, exports = {} }) => ({
      name,
      folder: join(root, dirname(file)),
      specifiers: Object.keys(exports)
        .filter((path) => path !== './package.json')
        .map((path) => name + path.slice(1)),
    }))
}

/** Packs one package into a folder, as publishing would. */
export function pack(published: PublishedPackage, into: string): PackedPackage {
  run({ cwd: published.folder }, 'pnpm', 'pack', '--pack-destination', into)
  const [tarball] = globSync(`${published.name.replace('@', '').replace('/', '-')}-*.tgz`, { cwd: into })
  if (tarball === undefined) throw new Error(`${published.name} was not packed`)
  return { ...published, tarball: join(into, tarball) }
}

/** Throws unless the tarball holds the built files, the manifest, the licence and the read-me, and no name of the workspace. */
export function checkContents({ tarball }: PackedPackage, cwd: string): void {
  const files = run({ cwd }, 'tar', '-tzf', tarball).trim().split('\n')
  const strange = files.filter((file) => !/^package\/(dist\/.+|package\.json|LICENSE|README\.md)$/.test(file))
  if (strange.length > 0) throw new Error(`unexpected files: ${strange.join(', ')}`)
  if (!files.includes('package/LICENSE')) throw new Error('no LICENSE')
  const text = run({ cwd }, 'tar', '-xzOf', tarball, 'package/package.json')
  if (/workspace:|catalog:|"(pre|post)?install"/.test(text)) throw new Error(`not a manifest to publish:\n${text}`)
}
