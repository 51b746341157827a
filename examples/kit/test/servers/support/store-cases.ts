/** What every store that outlives a process makes possible, with real processes on sockets. */
import { describe, expect, it } from 'vitest'
import { users } from './client.ts'
import {
  authorize,
  type Fleet,
  redeem,
  refresh,
  refreshed,
  revoke,
  type SignedIn,
  signIn,
  startFleet,
  statusOf,
  whoAmI,
} from './store-fleet.ts'

/** Describes a store; `open` gives a fresh one as a value of `MCP_AUTH_STORE`. */
export function describePersistentStore(name: string, open: () => Promise<string>): void {
  describe.each(['SIGTERM', 'SIGKILL'] as const)(
    `${name}, a server that is ended by %s and started again`,
    (signal) => {
      it.each([
        ['between consent and callback', '/auth/callback'],
        ['between callback and token', '/token'],
      ])('lets a sign-in go on that was %s', async (_, path) => {
        const fleet = await startFleet(await open())
        fleet.forwarder.before(path, async () => await fleet.restart(signal))
        const session = await signIn(fleet)
        expect(session.refresh_token).toMatch(/./)
        await expectUsable(fleet, session)
        await fleet.stop()
      })

      it('lets sessions go on: tokens issued before are good, and are refreshed', async () => {
        const fleet = await startFleet(await open())
        const before = await signIn(fleet)
        await fleet.restart(signal)
        await expectUsable(fleet, before)
        const after = await refreshed(fleet.origin, before)
        expect(after.refresh_token).not.toBe(before.refresh_token)
        await expectUsable(fleet, after)
        await fleet.stop()
      })

      it('knows what was revoked and redeemed before', async () => {
        const fleet = await startFleet(await open())
        const [session, other] = [await signIn(fleet), await signIn(fleet)]
        const redemption = await authorize(fleet)
        expect((await redeem(fleet.origin, redemption)).status).toBe(200)
        expect((await revoke(fleet.origin, session)).status).toBe(200)
        await fleet.restart(signal)
        await expectUsable(fleet, other)
        expect((await whoAmI(fleet.origin, session)).status).toBe(401)
        expect((await refresh(fleet.origin, session)).status).toBe(400)
        expect((await redeem(fleet.origin, redemption)).status).toBe(400)
        await fleet.stop()
      })
    },
  )

  describe(`${name}, two servers behind one address`, () => {
    it('are one to a client that signs in, calls tools, refreshes and revokes', async () => {
      const fleet = await startFleet(await open(), 2)
      let session = await signIn(fleet)
      for (let round = 0; round < 4; round += 1) {
        await expectUsable(fleet, session)
        session = await refreshed(fleet.origin, session)
      }
      for (const origin of fleet.each()) await expectUsable({ origin }, session)
      expect((await revoke(fleet.origin, session)).status).toBe(200)
      for (const origin of fleet.each()) expect((await whoAmI(origin, session)).status).toBe(401)
      for (const origin of fleet.each()) expect((await refresh(origin, session)).status).toBe(400)
      expect(await Promise.all(fleet.each().map(async (origin) => await statusOf(`${origin}/readyz`)))).toEqual([
        200, 200,
      ])
      await fleet.stop()
    })

    it('C2 give the same answer to one refresh token at the same time', async () => {
      const fleet = await startFleet(await open(), 2)
      const session = await signIn(fleet)
      const all = Array.from({ length: 10 }, async () => await refreshed(fleet.origin, session))
      const successors = new Set((await Promise.all(all)).map(({ refresh_token }) => refresh_token))
      expect(successors.size).toBe(1)
      expect(successors).not.toContain(session.refresh_token)
      await fleet.stop()
    })

    it('C1 redeem a code once, however often it is shown at the same time', async () => {
      const fleet = await startFleet(await open(), 2)
      const redemption = await authorize(fleet)
      const all = Array.from({ length: 10 }, async () => (await redeem(fleet.origin, redemption)).status)
      expect((await Promise.all(all)).toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 9 }, () => 400)])
      await fleet.stop()
    })
  })
}

async function expectUsable({ origin }: Pick<Fleet, 'origin'>, session: SignedIn): Promise<void> {
  const answer = await whoAmI(origin, session)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain(users.nelly)
}
