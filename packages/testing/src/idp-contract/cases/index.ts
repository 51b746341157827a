/** Every case of the contract, in the order of a user's story. @module */
import type { ContractCase } from '../contract-case.ts'
import { callbackCases } from './callback.ts'
import { descriptionCases } from './description.ts'
import { discoveryCases } from './discovery.ts'
import { oddAnswerCases } from './odd-answers.ts'
import { outageCases } from './outages.ts'
import { refreshCases } from './refresh.ts'
import { requestCases } from './requests.ts'
import { revocationCases } from './revocation.ts'
import { scopeCases } from './scopes.ts'
import { signInCases } from './sign-in.ts'

/** The cases. */
export const contractCases: readonly ContractCase[] = [
  ...descriptionCases,
  ...discoveryCases,
  ...signInCases,
  ...requestCases,
  ...callbackCases,
  ...scopeCases,
  ...refreshCases,
  ...outageCases,
  ...oddAnswerCases,
  ...revocationCases,
]
