/** Waiting for work that others wait for too. @module */

/** The result, or the reason of a caller that waits no longer. Nothing is begun for one that never waited. */
export async function waitFor<T>(signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> {
  if (!signal) return await begin()
  signal.throwIfAborted()
  const { promise, reject } = withReject()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([begin(), promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<never>((_resolve, give) => {
    reject = give
  })
  return { promise, reject }
}
