// Works on an environment's operations while this run has the lease, so that of several runners one decides
// at a time and in order. Control applies each operation once without it, too; with it, nobody counts in
// vain.
import { randomUUID } from 'node:crypto'
import os from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { AdminApi } from '../admin-api.ts'
import type { RunEvent } from '../run-event.ts'

/** A runner that dies keeps the others out for so long: a kill switch is still in time. */
const leaseMs = 30_000
const renewEveryMs = 10_000
const aMomentMs = 100

/** Of this process: its later runs go on with what an earlier one did not give back. */
const holder = `${os.hostname()} ${randomUUID()}`

export interface Lent {
  /** Whether it may still act. A long count may have kept it from renewing: then it asks again. */
  readonly isHeld: () => Promise<boolean>
}

interface Context {
  readonly api: Pick<AdminApi, 'lease'>
  readonly onEvent: (event: RunEvent) => void
}

export async function withLease(
  environmentId: string,
  { api, onEvent }: Context,
  work: (lent: Lent) => Promise<void>,
): Promise<void> {
  let askedAt = performance.now()
  let lease = await api.lease(environmentId, holder, leaseMs)
  // Whoever has it may have been killed. One who works renews it before it ends.
  if (lease.ok && !lease.value.granted && lease.value.until - Date.now() <= leaseMs) {
    await setTimeout(Math.max(0, lease.value.until - Date.now()) + aMomentMs)
    askedAt = performance.now()
    lease = await api.lease(environmentId, holder, leaseMs)
  }
  if (!lease.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: lease.problem })
  if (!lease.value.granted) return onEvent({ kind: 'leased', environmentId, ...lease.value })
  // By this machine's own clock, from before control began to count: never later than control's.
  let heldUntil = askedAt + leaseMs
  let renewing = Promise.resolve()
  const renewal = setInterval(() => {
    renewing = renew()
  }, renewEveryMs)
  const isCurrent = () => performance.now() < heldUntil
  async function renew() {
    const from = performance.now()
    const renewed = await api.lease(environmentId, holder, leaseMs)
    if (renewed.ok) heldUntil = renewed.value.granted ? from + leaseMs : 0
  }
  try {
    await work({
      isHeld: async () => {
        if (!isCurrent()) await renew()
        return isCurrent()
      },
    })
  } finally {
    clearInterval(renewal)
    await renewing // one that comes after the next line would take it again
    await api.lease(environmentId, holder, 0) // if that fails, it ends by itself
  }
}
