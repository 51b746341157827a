/** Opens what callers carry about for us, sealed: client ids, consent pages, remembered consents. @module */
import type { PresentedKind } from '../events.ts'
import type { StoreReports } from '../stores/store-reports.ts'
import type { KeyPurpose, KeyRing } from './key-ring.ts'

/** Kinds that are sealed; tokens are signed. */
export type SealedKind = Exclude<PresentedKind, 'access_token' | 'refresh_token'>

const purposes: Readonly<Record<SealedKind, KeyPurpose>> = {
  client_id: 'client-id',
  consent_page: 'consent',
  remembered_consent: 'consent',
}

/** What {@link openShown} works with. */
export interface ShownContext {
  readonly keys: () => Promise<KeyRing>
  readonly reports: Pick<StoreReports, 'unknownKey'>
}

/** As {@link KeyRing.open}; tells the operator where the key that sealed it is in no ring. */
export async function openShown(
  { keys, reports }: ShownContext,
  kind: SealedKind,
  sealed: string,
  associatedData: string,
): Promise<string | undefined> {
  const ring = await keys()
  const text = await ring.open(purposes[kind], sealed, associatedData)
  if (text !== undefined) return text
  const { reason, keyId } = ring.explain(sealed)
  if (reason === 'key_unknown') reports.unknownKey(kind, keyId)
  return undefined
}
