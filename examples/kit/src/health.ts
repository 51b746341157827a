/** Whether the server can do its work. @module */
import type { Store } from '@mcp-auth/core'

/** How long a store may take to answer before it counts as gone, in milliseconds. */
const patience = 2000

/** Whether the store answers: one cheap read of a key that nobody writes. */
export async function isStoreReady(store: Pick<Store, 'get'>): Promise<boolean> {
  const timedOut = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), patience).unref()
  })
  const answered = store.get('lease:readiness').then(
    () => true,
    () => false,
  )
  return await Promise.race([answered, timedOut])
}
