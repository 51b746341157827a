/** Assertions of clients that sign: right ones, and wrong ones made of them. */
import { randomUUID } from 'node:crypto'
import { type Answer, send } from './browser.ts'
import { encode, type Overrides, type TestClient } from './client.ts'
import { type Changes, encodePart, type ForgeKey } from './forge.ts'
import type { TestServer } from './server.ts'

/** What makes a parameter an assertion of a client. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** An assertion that is good for a minute; `changes` make it another one, `undefined` removes a member. */
export function assertionOf(
  server: TestServer,
  client: TestClient,
  key: ForgeKey,
  changes: { readonly header?: Changes; readonly payload?: Changes } = {},
): string {
  const now = server.clock.now()
  const header = { alg: key.alg, typ: 'client-authentication+jwt', ...changes.header }
  const payload = {
    iss: client.client_id,
    sub: client.client_id,
    aud: server.auth.metadata.authorizationServer.issuer,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...changes.payload,
  }
  const input = `${encodePart(header)}.${encodePart(payload)}`
  return `${input}.${key.sign(input)}`
}

/** The parameters that carry an assertion. */
export function assertionParameters(assertion: string): Overrides {
  return { client_assertion_type: assertionType, client_assertion: assertion }
}

/** Shows credentials where nothing else is needed: asks about a token that does not exist. 200 means that they are good. */
export async function showCredentials(
  server: TestServer,
  parameters: Overrides,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await send(server.auth.metadata.authorizationServer.introspection_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: encode({ token: 'no such token', ...parameters }),
  })
}
