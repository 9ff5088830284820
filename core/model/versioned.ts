// The fields of every entity that the system sets and callers cannot: version and times.
import * as z from 'zod'

export const versioned = {
  /** Grows by 1 with every effective change. An edit may name the version that it is based on. */
  version: z.int().min(1),
  /** Epoch milliseconds. */
  createdAt: z.int(),
  updatedAt: z.int(),
}
/** The same fields, as zod's `omit` expects them. */
export const versionedFields = { version: true, createdAt: true, updatedAt: true } as const

export interface Versioned {
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}
