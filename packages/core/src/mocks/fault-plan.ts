/** Which endpoint fails how, and for how long. @module */
import type { FakeIdPFault } from './faults.ts'

/** Faults that were ordered and requests that hang. */
export interface FaultPlan {
  /** Orders a fault; `*` stands for every endpoint without an order of its own. */
  fail(endpoint: string, fault: FakeIdPFault, times: number): void
  /** Cancels the orders. Requests that hang go on hanging. */
  recover(): void
  /** The fault of the next request, which it uses up. */
  take(endpoint: string): FakeIdPFault | undefined
  /** Waits; `true` when released, `false` when the request was aborted. */
  hang(signal: AbortSignal): Promise<boolean>
  /** Lets every hanging request continue. */
  release(): void
}

/** An empty plan. */
export function createFaultPlan(): FaultPlan {
  const orders = new Map<string, { readonly fault: FakeIdPFault; readonly left: number }>()
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
