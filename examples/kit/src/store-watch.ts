/** Says on standard error when the store goes away, and when it is back. @module */
import type { AuthEventListener } from '@mcp-auth/core'
import type { OpenStore } from './open-store.ts'

/** A watch over one store. */
export interface StoreWatch {
  /** Takes what core reports: for `onEvent`. */
  readonly listener: AuthEventListener
  /** Looks at the store now, before anybody asks for something, and until it is there. Never rejects. */
  look(): Promise<void>
}

/** How long to wait before a store that is away at the start is tried again, in milliseconds. */
const pollMilliseconds = 1000

/**
 * Watches over a store. Each outage is one sentence when it begins and one when it ends.
 * @param say gets sentences that hold neither an address nor what a driver said
 */
export function watchStore(store: Pick<OpenStore, 'ping'>, say: (sentence: string) => void): StoreWatch {
  let isAway = false
  const begin = (): void => {
    if (!isAway) say('the store is out of reach: requests that need it are answered with 503 until it is back')
    isAway = true
  }
  const end = (details: string): void => {
    if (isAway) say(`the store is back after ${details}`)
    isAway = false
  }
  return {
    listener(event) {
      if (event.type === 'store.unavailable') begin()
      if (event.type !== 'store.recovered') return
      const { durationSeconds, refusedOperations } = event
      end(`${durationSeconds} seconds; operations that were refused: ${refusedOperations}`)
    },
    async look() {
      const startedAt = performance.now()
      if (await answers(store)) return
      begin()
      while (isAway) {
        await new Promise((resolve) => setTimeout(resolve, pollMilliseconds).unref())
        if (await answers(store)) end(`${Math.round((performance.now() - startedAt) / 1000)} seconds`)
      }
    },
  }
}

async function answers(store: Pick<OpenStore, 'ping'>): Promise<boolean> {
  try {
    await store.ping()
    return true
  } catch {
    return false
  }
}
