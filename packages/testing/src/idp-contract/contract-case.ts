/** One case of the contract. @module */
import { expect } from 'vitest'
import type { CreateIdP } from './fixture.ts'
import { createLab, type Lab, type LabOptions } from './lab.ts'
import { leaksToClient, leaksToIdP } from './leaks.ts'

/** Leaves a case out, and says why. */
export type Skip = (reason: string) => never

/** A case: a full sentence, and what has to hold on a lab of its own. */
export interface ContractCase extends LabOptions {
  readonly name: string
  /** Rejects when the fixture breaks the contract. */
  check(lab: Lab, skip: Skip): Promise<void>
}

/**
 * Runs a case on a fresh fixture. Whatever a case does, nothing may leak.
 * Resolves to the reason why the case does not apply to this fixture, if there is one; rejects when the fixture breaks the contract.
 */
export async function runCase(contractCase: ContractCase, create: CreateIdP): Promise<string | undefined> {
  const lab = await createLab(create, contractCase)
  let omission: string | undefined
  const skip: Skip = (reason) => {
    omission = reason
    throw new Error(`left out: ${reason}`)
  }
  try {
    await contractCase.check(lab, skip)
    expect(leaksToClient(lab), 'A016 A112 what the client could read').toEqual([])
    expect(leaksToIdP(lab), 'A016 what the IdP could read').toEqual([])
    return undefined
  } catch (error) {
    if (omission === undefined) throw error
    return omission
  } finally {
    lab.fake.release?.()
    await lab.close?.()
  }
}
