/** Looks for what must never leave a server. @module */

/** Looks at a text. */
export interface LeakCheck {
  /** A secret that is known as a whole. */
  addSecret(name: string, secret: string): void
  /** A code or token of the identity provider: thirty letters and digits. */
  addToken(token: string): void
  /** What the text gives away, in words that repeat none of it; `undefined` when it is clean. */
  find(text: string): string | undefined
}

const stackTrace = /\n\s+at .+:\d+:\d+\)?(\n|$)|node:internal\/|node_modules\/|\bfile:\/\/\//
const wordOfThirty = /(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])/g

/** Creates it. */
export function createLeakCheck(): LeakCheck {
  const secrets = new Map<string, string>()
  const tokens = new Set<string>()
  return {
    addSecret: (name, secret) => void secrets.set(secret, name),
    addToken: (token) => void tokens.add(token),
    find(text) {
      if (stackTrace.test(text)) return 'a stack trace'
      for (const [secret, name] of secrets) if (text.includes(secret)) return name
      const hasToken = text.match(wordOfThirty)?.some((word) => tokens.has(word)) ?? false
      return hasToken ? 'a token of the identity provider' : undefined
    },
  }
}
