/** Which endpoint of a fake fails how, and for how long. @module */

/**
 * How an endpoint of a fake fails: in one of the words of its identity provider, or in a way that is the same everywhere.
 * - `hang`: no answer until the request is aborted or `release()` is called, which lets it continue as usual
 * - `lost`: the work is done and the answer lost on the way
 * - a function: whatever it returns
 */
export type FakeFault<Word extends string> =
  | Word
  | 'hang'
  | 'lost'
  | ((request: Request) => Response | Promise<Response>)

/** The faults of a {@link FakeFault} that a fake has to write an answer for; `lost` is one as well. */
export type FakeFaultWord<Fault> = Exclude<Fault, 'hang' | 'lost' | ((...inputs: never) => unknown)>

/** Faults that were ordered and requests that hang. */
export interface FaultPlan<Endpoint extends string, Word extends string> {
  /** Orders a fault; `*` stands for every endpoint without an order of its own. */
  fail(endpoint: Endpoint | '*', fault: FakeFault<Word>, times: number): void
  /** Cancels the orders. Requests that hang go on hanging. */
  recover(): void
  /** The fault of the next request, which it uses up. */
  take(endpoint: Endpoint): FakeFault<Word> | undefined
  /** Waits; `true` when released, `false` when the request was aborted. */
  hang(signal: AbortSignal): Promise<boolean>
  /** Lets every hanging request continue. */
  release(): void
}

/** An empty plan. */
export function createFaultPlan<Endpoint extends string, Word extends string>(): FaultPlan<Endpoint, Word> {
  const orders = new Map<Endpoint | '*', { readonly fault: FakeFault<Word>; readonly left: number }>()
  const hanging = new Set<() => void>()
  return {
    fail: (endpoint, fault, times) => {
      if (times > 0) orders.set(endpoint, { fault, left: times })
    },
    recover: () => orders.clear(),
    take: (endpoint) => {
      const name = orders.has(endpoint) ? endpoint : '*'
      const order = orders.get(name)
      if (order === undefined) return undefined
      if (order.left > 1) orders.set(name, { ...order, left: order.left - 1 })
      else orders.delete(name)
      return order.fault
    },
    hang: (signal) =>
      new Promise((resolve) => {
        const settle = (released: boolean): void => {
          hanging.delete(release)
          resolve(released)
        }
        const release = (): void => settle(true)
        if (signal.aborted) return settle(false)
        hanging.add(release)
        signal.addEventListener('abort', () => settle(false), { once: true })
      }),
    release: () => {
      for (const release of hanging) release()
    },
  }
}
