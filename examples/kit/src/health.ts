/** Whether the server can do its work. @module */
import type { Store } from '@mcp-auth/core'

/** How long a store may take to answer before it counts as gone, in milliseconds. */
const patience = 2000

/** Status and JSON of the answer at `/readyz`. */
export interface Readiness {
  readonly status: 200 | 503
  readonly body: { readonly status: string }
}

/** Whether the store answers: one cheap read of a key that nobody writes. */
export async function readiness(store: Pick<Store, 'get'>): Promise<Readiness> {
  const timedOut = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), patience).unref()
  })
  const answered = store.get('lease:readiness').then(
    () => true,
    () => false,
  )
  const isReady = await Promise.race([answered, timedOut])
  return isReady
    ? { status: 200, body: { status: 'ready' } }
    : { status: 503, body: { status: 'the store does not answer' } }
}
