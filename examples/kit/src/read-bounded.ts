/** Bodies that somebody else decides the length of. @module */

/** The text of a body; `undefined` when it has more bytes than this, and then the rest is not read. */
export async function readBounded({ body }: Request | Response, maxBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const part of body ?? []) {
    length += part.byteLength
    // Leaving the loop closes the body.
    if (length > maxBytes) return undefined
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}
