/** Streams that end in time. @module */

/** When a stream ends, and who wants to know. */
export interface StreamGuard {
  /** Seconds since the epoch: an access token is worth nothing afterwards, nor is what it opened. */
  readonly endsAt: number
  /** Whether the token is still good, which is asked each minute: it may be revoked before its end. Rejects when nobody knows. */
  readonly isGood: () => Promise<boolean>
  /** Called once, however the stream ended. */
  readonly onEnd: () => void
}

/** A longer time-out would fire at once. */
const maxTimeout = 2 ** 31 - 1
/** How often it is asked whether the token is still good, in milliseconds. */
const askEvery = 60_000

/** The same answer, whose body ends at the given time at the latest, and soon after its token was revoked. */
export function guardStream(response: Response, { endsAt, isGood, onEnd }: StreamGuard): Response {
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
    clearInterval(questions)
    onEnd()
  }
  // Cancelling lets the pending read see the end, which ends our stream.
  const left = Math.min(Math.max(0, endsAt * 1000 - Date.now()), maxTimeout)
  const cut = (): void => {
    clearInterval(questions)
    void reader.cancel().catch(end)
  }
  const timer = setTimeout(cut, left)
  timer.unref()
  const ask = async (): Promise<void> => {
    // An outage is no reason: the next answer may be another one.
    if (!(await isGood().catch(() => true))) cut()
  }
  const questions = setInterval(() => void ask(), askEvery)
  questions.unref()
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
