/** Both implementations of `#platform`. @module */
import { vi } from 'vitest'
import { platform as node } from '../../src/platform/node.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { platform as portable } from '../../src/platform/portable.ts'

/** The twins; what one makes the other must understand. */
export const twins: readonly Platform[] = [node, portable]

/** Loads a fresh copy of what `load` imports, with `#platform` being the given twin. */
export async function withPlatform<T>(platform: Platform, load: () => Promise<T>): Promise<T> {
  vi.resetModules()
  vi.doMock('#platform', () => ({ platform }))
  try {
    return await load()
  } finally {
    vi.doUnmock('#platform')
    vi.resetModules()
  }
}
