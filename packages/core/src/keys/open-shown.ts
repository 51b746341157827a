/** Opens what callers carry about for us, sealed: client ids, consent pages, remembered consents. @module */
import type { PresentedKind } from '../events.ts'
import type { StoreReports } from '../stores/store-reports.ts'
import type { KeyPurpose, KeyRing } from './key-ring.ts'

/** What a caller showed. */
export interface Shown {
  readonly kind: PresentedKind
  readonly purpose: KeyPurpose
  readonly sealed: string
  readonly associatedData: string
}

/** As {@link KeyRing.open}; tells the operator where the key that sealed it is in no ring. */
export async function openShown(
  ring: KeyRing,
  reports: Pick<StoreReports, 'unknownKey'>,
  { kind, purpose, sealed, associatedData }: Shown,
): Promise<string | undefined> {
  const text = await ring.open(purpose, sealed, associatedData)
  if (text !== undefined) return text
  const { reason, keyId } = ring.explain(sealed)
  if (reason === 'key_unknown') reports.unknownKey(kind, keyId)
  return undefined
}
