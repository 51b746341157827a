/** Ways in which a sign-in ends without success. @module */
import { expect } from 'vitest'
import { failedSignIn, failures, refusedCallback, settings } from '../checks.ts'
import { comeBack, goToIdP, type Return, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'

/** The same return with other parameters; `null` leaves one out. */
function altered(back: Return, parameters: Readonly<Record<string, string | null>>): Return {
  const url = new URL(back.callbackURL)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return { ...back, callbackURL: url.href }
}

const wrongSecret = 'not-the-secret-of-this-application'

/** The cases. */
export const callbackCases: readonly ContractCase[] = [
  {
    name: 'A026 tells the client when the user says no at the IdP, and asks the IdP for nothing',
    async check(lab, skip) {
      const switches = settings(lab, skip, 'deny')
      switches.deny = true
      const parameters = await failedSignIn(lab)
      expect(parameters.get('error')).toBe('access_denied')
      expect(lab.transport.to('token')).toEqual([])
      switches.deny = false
      await signIn(lab)
    },
  },

  {
    name: 'A112 keeps what the IdP’s page says about an error to itself',
    async check(lab) {
      const back = await goToIdP(lab)
      const error = {
        code: null,
        error: 'server_error',
        error_description: 'detail-of-the-page',
        error_uri: 'https://detail',
      }
      const parameters = await failedSignIn(lab, altered(back, error))
      expect(parameters.toString()).not.toContain('detail-of-the-page')
      expect(parameters.has('error_uri')).toBe(false)
      expect(lab.transport.to('token')).toEqual([])
    },
  },

  {
    name: 'A006 refuses the callback in a browser that did not consent, and leaves the code unused',
    async check(lab) {
      const back = await goToIdP(lab)
      await refusedCallback(lab, { ...back, cookies: new Map() })
      expect(lab.transport.to('token')).toEqual([])
      expect((await comeBack(lab, back)).get('code')).not.toBeNull()
    },
  },

  {
    name: 'A103 A023 refuses a callback that was loaded before, and uses the IdP’s code once',
    async check(lab) {
      const back = await goToIdP(lab)
      const cookies = new Map(back.cookies)
      expect((await comeBack(lab, back)).get('code')).not.toBeNull()
      await refusedCallback(lab, { ...back, cookies })
      expect(lab.transport.to('token')).toHaveLength(1)
    },
  },

  {
    name: 'A103 refuses a callback without a state, with another one and with two',
    async check(lab) {
      const back = await goToIdP(lab)
      await refusedCallback(lab, altered(back, { state: null }))
      await refusedCallback(lab, altered(back, { state: 'A'.repeat(43) }))
      await refusedCallback(lab, { ...back, callbackURL: `${back.callbackURL}&state=x` })
      expect(lab.transport.to('token')).toEqual([])
    },
  },

  {
    name: 'refuses an answer that names another issuer',
    async check(lab, skip) {
      const back = await goToIdP(lab)
      const { provider } = lab
      if (!('discover' in provider) && provider.issuer === undefined) return skip('the provider knows no issuer')
      await refusedCallback(lab, altered(back, { iss: 'https://issuer-of-another.example' }))
      expect(lab.transport.to('token')).toEqual([])
    },
  },

  {
    name: 'A112 tells the client in words of its own when the IdP does not know the code',
    async check(lab) {
      const back = await goToIdP(lab)
      const parameters = await failedSignIn(lab, altered(back, { code: 'a-code-that-was-never-issued' }))
      expect(parameters.get('error')).toBe('server_error')
      expect(failures(lab)).toEqual([expect.stringMatching(/^(invalid_grant|protocol)$/)])
      await signIn(lab)
    },
  },

  {
    name: 'A112 tells the operator when the IdP does not accept our own credentials, and the client nothing of it',
    change: (provider) =>
      provider.tokenEndpointAuthMethod === 'none' ? provider : { ...provider, clientSecret: wrongSecret },
    async check(lab, skip) {
      if (lab.fake.clientSecret === '' || lab.provider.tokenEndpointAuthMethod === 'none') {
        return skip('the application has no secret')
      }
      const parameters = await failedSignIn(lab)
      expect(parameters.get('error')).toBe('server_error')
      // The state is the client's own, and random.
      parameters.delete('state')
      expect(parameters.toString()).not.toMatch(/secret|credential|invalid_client/i)
      expect(failures(lab), 'the kind that only the operator can cure').toEqual(['invalid_client'])
    },
  },

  {
    name: 'A015 refuses tokens that were issued to another application',
    async check(lab, skip) {
      if (lab.expected?.tellsApplication === false) return skip('the IdP does not tell the application of a token')
      settings(lab, skip, 'foreignApplication').foreignApplication = true
      await failedSignIn(lab)
      expect(lab.events.filter(({ type }) => type === 'login.succeeded')).toEqual([])
    },
  },
]
