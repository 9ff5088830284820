// A flag at two revisions, as the audit trail holds it.
import { diff, type Difference } from '../../../core/change/diff.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { ask, pathOf } from '../api/client.ts'
import type { AuditDetail } from '../../../workers/control/api/shapes.ts'

interface Compared {
  readonly differences: readonly Difference[]
  readonly after: Flag | undefined
}

/** Both revisions changed the flag. */
export async function comparedOf(
  environment: string,
  key: string,
  from: number,
  to: number,
): Promise<Compared> {
  const [before, after] = await Promise.all([from, to].map((number) => flagAfter(environment, key, number)))
  return { differences: diff(before, after), after }
}

async function flagAfter(environment: string, key: string, number: number): Promise<Flag | undefined> {
  const { after } = await ask<AuditDetail>('GET', pathOf(environment, 'audit', String(number)))
  const writes = after as readonly { readonly kind: string; readonly id: string; readonly value: unknown }[]
  return writes.find(({ kind, id }) => kind === 'flag' && id === key)?.value as Flag | undefined
}
