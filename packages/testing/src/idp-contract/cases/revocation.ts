/** What happens at the IdP when a client gives its tokens back. @module */
import { expect } from 'vitest'
import { endpointsOf, lastIssued, refreshOutcome, refusalOf, revocations } from '../checks.ts'
import { type ClientTokens, post, sessionOf, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'
import { type Outage, outages } from '../faults.ts'
import type { Lab, LabAnswer } from '../lab.ts'

async function revoke(lab: Lab, { clientId, refreshToken }: ClientTokens): Promise<LabAnswer> {
  const endpoint = String(lab.auth.metadata.authorizationServer.revocation_endpoint)
  return await post(lab, endpoint, { token: refreshToken, client_id: clientId })
}

function failingRevocation({ name, fault }: Outage): ContractCase {
  return {
    name: `revokes on our side also when the IdP’s revocation meets ${name}`,
    async check(lab, skip) {
      const { revocationEndpoint } = await endpointsOf(lab)
      if (revocationEndpoint === undefined) return skip('the IdP has no revocation endpoint')
      const tokens = await signIn(lab)
      lab.transport.intercept('revoke', fault)
      expect((await revoke(lab, tokens)).status).toBe(200)
      expect(await refusalOf(sessionOf(lab, tokens))).toBe('grant_revoked 401')
    },
  }
}

/** The cases. */
export const revocationCases: readonly ContractCase[] = [
  {
    name: 'ends the grant, and gives the IdP its own token back, when the client revokes',
    async check(lab) {
      const tokens = await signIn(lab)
      const issued = lastIssued(lab)
      expect((await revoke(lab, tokens)).status).toBe(200)
      expect(await refusalOf(sessionOf(lab, tokens))).toBe('grant_revoked 401')
      expect(await refreshOutcome(lab, tokens)).toBe('400 invalid_grant')
      expect(revocations(lab)).toEqual(['client_request'])
      const { revocationEndpoint } = await endpointsOf(lab)
      const asked = lab.transport.to('revoke')
      expect(asked.map(({ url }) => url)).toEqual(revocationEndpoint === undefined ? [] : [revocationEndpoint])
      const given = issued['refresh_token'] ?? issued['access_token']
      expect(asked.map(({ form }) => form['token'])).toEqual(asked.map(() => given))
      expect(asked.map(({ answer }) => answer?.status).filter((status) => !isSuccess(status))).toEqual([])
    },
  },

  {
    name: 'leaves the user’s other sign-in alone when one client revokes',
    async check(lab) {
      const tokens = await signIn(lab)
      const other = await signIn(lab)
      expect((await revoke(lab, tokens)).status).toBe(200)
      if (lab.provider.revocationIsUserWide === true) expect(lab.transport.to('revoke')).toEqual([])
      expect(await refreshOutcome(lab, other)).toBe('200')
    },
  },

  ...outages.map(failingRevocation),
]

function isSuccess(status = 0): boolean {
  return status >= 200 && status < 300
}
