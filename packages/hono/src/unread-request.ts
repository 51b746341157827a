/** A request whose body can be read, whatever ran before. @module */
import type { HonoRequest } from 'hono'
import { cloneRawRequest } from 'hono/request'

/** The request; made anew from what Hono keeps when its body was read before. */
export async function unreadRequest(request: HonoRequest): Promise<Request> {
  const { raw } = request
  if (!raw.bodyUsed) return raw
  // A clone would carry a form as multipart, whatever it was before.
  if (!('formData' in request.bodyCache)) return await cloneRawRequest(request)
  const fields = [...(await request.formData())].flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  )
  const { method, headers } = raw
  return new Request(raw.url, { method, headers, body: new URLSearchParams(fields).toString() })
}
