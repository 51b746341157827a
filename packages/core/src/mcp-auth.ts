/** What adapters and servers use, whoever issues the tokens. @module */
import type { ProtectedResource } from './handlers/protected-resource.ts'
import type { Router } from './handlers/router.ts'
import type { ProtectedResourceMetadata } from './protocol/protected-resource-metadata.ts'

/** The auth half of an MCP server. */
export interface McpAuth extends ProtectedResource, Router {
  readonly metadata: {
    /** Of `resource`; each of `otherResources` has its own document at its own well-known place. */
    readonly protectedResource: ProtectedResourceMetadata
  }
  /**
   * Asks the identity provider whether it fits the configuration, for a start that fails early. One that is down is
   * no reason not to start.
   * @throws {ConfigurationError} when it says that something cannot work
   */
  checkProvider(): Promise<void>
  /**
   * For a process that ends, after the last request and before the store is closed: resolves when the store has taken
   * what it refused before, such as new tokens of the identity provider. That can last as long as the store is away, so do not wait
   * for it for ever. Never rejects.
   */
  readonly close: () => Promise<void>
}
