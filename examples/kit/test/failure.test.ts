import { expect, it, vi } from 'vitest'
import { toFailure } from '../src/failure.ts'

it('tells the operator what failed, without the query, and the client nothing', () => {
  const errors = vi.spyOn(console, 'error').mockReturnValue()
  const failure = toFailure(new TypeError('secret'), 'GET', '/callback?code=secret')
  expect(failure).toEqual({ status: 500, body: { error: 'server_error' } })
  expect(errors.mock.calls).toEqual([['GET /callback failed: TypeError']])
})

it.each([new URIError('secret'), Object.assign(new Error('secret'), { statusCode: 400 })])(
  'blames the client for %s, and logs nothing',
  (error) => {
    const errors = vi.spyOn(console, 'error').mockReturnValue()
    expect(toFailure(error, 'GET', '/%')).toEqual({ status: 400, body: { error: 'invalid_request' } })
    expect(errors).not.toHaveBeenCalled()
  },
)
