// A lease: for a time, one of several runners works on an environment's operations. Pure.
import * as z from 'zod'

/** A runner that dies with it keeps the others out for no longer. */
export const leaseMsMax = 300_000

export const LeaseName = z.enum(['operations'])
export type LeaseName = z.infer<typeof LeaseName>

export const LeaseRequest = z.strictObject({
  /** Another one for each run, such as a random id behind the name of the machine. */
  holder: z.string().min(1).max(200),
  /** From now on, by the clock of the one who grants it. 0 gives it back. */
  forMs: z.int().min(0).max(leaseMsMax),
})
export type LeaseRequest = z.infer<typeof LeaseRequest>

export const Lease = z.strictObject({
  /** Whether whoever asked has it. */
  granted: z.boolean(),
  holder: z.string(),
  /** Epoch milliseconds: it ends then unless it is renewed. */
  until: z.int(),
})
export type Lease = z.infer<typeof Lease>

export interface HeldLease {
  readonly holder: string
  readonly until: number
}

/** `held`: as it is stored; undefined in `next`: nobody has it. */
export function decideLease(
  held: HeldLease | undefined,
  { holder, forMs }: LeaseRequest,
  now: number,
): { readonly answer: Lease; readonly next: HeldLease | undefined } {
  if (held && held.holder !== holder && held.until > now)
    return { answer: { granted: false, ...held }, next: held }
  const next = { holder, until: now + forMs }
  return { answer: { granted: true, ...next }, next: forMs === 0 ? undefined : next }
}
