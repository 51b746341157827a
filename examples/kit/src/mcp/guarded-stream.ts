/** Streams that end in time. @module */

/** When a stream ends, and who wants to know. */
export interface StreamGuard {
  /** Seconds since the epoch: an access token is worth nothing afterwards, nor is what it opened. */
  readonly endsAt: number
  /** Called once, however the stream ended. */
  readonly onEnd: () => void
}

/** A longer time-out would fire at once. */
const maxTimeout = 2 ** 31 - 1

/** The same answer, whose body ends at the given time at the latest. */
export function guardStream(response: Response, { endsAt, onEnd }: StreamGuard): Response {
  if (!response.body) {
    onEnd()
    return response
  }
  const reader = response.body.getReader()
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    onEnd()
  }
  // Cancelling lets the pending read see the end, which ends our stream.
  const left = Math.min(Math.max(0, endsAt * 1000 - Date.now()), maxTimeout)
  const timer = setTimeout(() => void reader.cancel().catch(end), left)
  timer.unref()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader.read()
        if (!part.done) return controller.enqueue(part.value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      end()
    },
    async cancel(reason) {
      end()
      await reader.cancel(reason)
    },
  })
  return new Response(body, response)
}
