// What every entity carries beside what its author says: its version and its times. The system sets them; no caller may.
import * as z from 'zod'

export const versioned = {
  /** +1 with every effective change; an edit may name the one it was made on. */
  version: z.int().min(1),
  /** Epoch milliseconds. */
  createdAt: z.int(),
  updatedAt: z.int(),
}
/** For `omit`. */
export const isVersioned = { version: true, createdAt: true, updatedAt: true } as const

export interface Versioned {
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}
