/** Time limits of calls, in the hands of a test. @module */
import type { FakeSettings } from '@mcp-auth/core/mocks'
import { onTestFinished, vi } from 'vitest'

/** The limits that began while they were held. */
export interface HeldDeadlines {
  /** How long each of them was to be, in milliseconds. */
  readonly limits: readonly number[]
  /** Ends the time of every call that is under way, in a moment: when what has begun of an answer was read. */
  readonly endSoon: () => void
  /** The same at each request to an endpoint of a fake identity provider, until its `latency` is set to something else. */
  readonly endWhenAsked: <Request extends { readonly endpoint: string }>(
    fake: { readonly settings: Pick<FakeSettings<Request>, 'latency'> },
    endpoint: Request['endpoint'],
  ) => void
}

/**
 * For the rest of the test `AbortSignal.timeout` ends when it is told to: a call that hangs needs no short limit, which
 * a busy machine would exceed with good calls as well. What waits longer than its limit waits until the test is given up.
 */
export function holdDeadlines(): HeldDeadlines {
  const limits: number[] = []
  const open = new Set<AbortController>()
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const controller = new AbortController()
    limits.push(milliseconds)
    open.add(controller)
    return controller.signal
  })
  const end = (): void => {
    for (const controller of open) controller.abort(new DOMException('the time is over', 'TimeoutError'))
    open.clear()
  }
  onTestFinished(() => {
    timeout.mockRestore()
    end()
  })
  const endSoon = (): void => void setTimeout(end, 100)
  return {
    limits,
    endSoon,
    endWhenAsked: (fake, endpoint) => {
      fake.settings.latency = (request) => {
        if (request.endpoint === endpoint) endSoon()
      }
    },
  }
}
