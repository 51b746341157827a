/** Answers that no identity provider means to give: those of a firewall in front, or of a connection that broke. @module */

/** Part of every refusal and every broken answer: must never be seen by a client. */
export const leakMarker = 'upstream-detail-that-must-not-leak'

/** A page where data was expected, as a firewall or a maintenance mode sends it. */
export function buildPageAnswer(title: string, status: number): Response {
  const page = `<!doctype html><title>${title}</title><p>${leakMarker}</p>`
  return new Response(page, { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' } })
}

/** Status 200 with half a JSON document, which ends within its first member. */
export function buildTruncatedAnswer(member: string): Response {
  return new Response(`{"${member}":"${leakMarker}`, { headers: { 'Content-Type': 'application/json' } })
}

/** Status 200 with nothing in it, called JSON. */
export function buildEmptyAnswer(): Response {
  return new Response('', { headers: { 'Content-Type': 'application/json' } })
}
