/** Answers as Discord gives them; how sure each is stands next to it in the file. @module */
import fixtures from '../fixtures/answers.json' with { type: 'json' }

/** Name of an answer. */
export type AnswerName = keyof typeof fixtures

/** The names, for tables. */
export const answerNames = Object.keys(fixtures) as AnswerName[]

/** What the fixture says. */
export function fixture(name: AnswerName): { status: number; headers: Record<string, string>; body: unknown } {
  const { status, headers, body } = fixtures[name]
  return { status, headers: headers as Record<string, string>, body: structuredClone(body) }
}

/** The answer; with other headers where given, and without those that are `undefined`. */
export function answer(name: AnswerName, changes: Record<string, string | undefined> = {}): Response {
  const { status, headers, body } = fixture(name)
  const all = Object.entries({ ...headers, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const text = body === null ? null : typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, { status, headers: all })
}

/** JSON with any status. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}
