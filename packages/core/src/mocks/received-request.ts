/** A request to a fake: read once, and described for the log. @module */

/** A request with its parts. */
export interface ReceivedRequest {
  readonly request: Request
  readonly url: URL
  /** The body as sent. */
  readonly body: string
  /** The body read as a form. */
  readonly form: URLSearchParams
}

/** A request as the log of a fake keeps it; header names in lower case. */
export interface LoggedRequest<Endpoint extends string = string> {
  readonly endpoint: Endpoint
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Body parameters; {@link body} has them as sent. */
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads a request. Its body can be read again, by a fault that is a function. */
export async function receiveRequest(request: Request): Promise<ReceivedRequest> {
  const body = await request.clone().text()
  return { request, url: new URL(request.url), body, form: new URLSearchParams(body) }
}

/** Describes a request for the log. */
export function describeRequest<Endpoint extends string>(
  endpoint: Endpoint,
  { request, url, form, body }: ReceivedRequest,
): LoggedRequest<Endpoint> {
  return {
    endpoint,
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    form: Object.fromEntries(form),
    headers: Object.fromEntries(request.headers),
    body,
  }
}

/** The endpoint itself, but `refresh` for `token` with a refresh token: tests let the two fail apart. */
export function distinguishRefresh<Endpoint extends string>(
  endpoint: Endpoint,
  form: URLSearchParams,
): Endpoint | 'refresh' {
  return endpoint === 'token' && form.get('grant_type') === 'refresh_token' ? 'refresh' : endpoint
}
