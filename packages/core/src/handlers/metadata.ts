/** Discovery documents: their bytes are computed once. @module */
import type { ProtectedResourceDescription, ProxyContext } from './context.ts'
import { documentResponse } from './responses.ts'

/** Serves the authorization server metadata, [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3). */
export function authorizationServerMetadataHandler(context: ProxyContext): () => Promise<Response> {
  const text = JSON.stringify(context.authorizationServerMetadata)
  return async () => documentResponse(text)
}

/** Serves the protected resource metadata, [RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728#section-3). */
export function protectedResourceMetadataHandler(description: ProtectedResourceDescription): () => Promise<Response> {
  const text = JSON.stringify(description.metadata)
  return async () => documentResponse(text)
}

/** Serves a document that is somebody else's to change. @throws what `describe` throws */
export function foreignMetadataHandler(describe: () => Promise<unknown>): () => Promise<Response> {
  return async () => documentResponse(JSON.stringify(await describe()))
}

/** Serves the public keys of our access tokens, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5). */
export function jwksHandler(context: ProxyContext): () => Promise<Response> {
  return async () => {
    const keys = [...(await context.keys()).verificationKeys.values()].map((key) => key.publicJwk)
    return documentResponse(JSON.stringify({ keys }))
  }
}
