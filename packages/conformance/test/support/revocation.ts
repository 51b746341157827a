/** Revocation requests. */
import { type Answer, send } from './browser.ts'
import { encode, type Overrides, type TestClient } from './client.ts'
import type { TestServer } from './server.ts'

/** Revokes a token with the client's credentials in the body; `over` changes parameters. */
export async function revoke(
  server: TestServer,
  client: TestClient,
  token: string,
  over: Overrides = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { client_id, client_secret } = client
  return await send(String(server.auth.metadata.authorizationServer.revocation_endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: encode({ client_id, client_secret, token, ...over }),
  })
}
