// What the system keeps of every entity; no caller may set it.
import * as z from 'zod'

export const kept = {
  /** +1 with every effective change; an edit may name the one it was made on. */
  version: z.int().min(1),
  /** Epoch milliseconds. */
  createdAt: z.int(),
  updatedAt: z.int(),
}
/** For `omit`. */
export const isKept = { version: true, createdAt: true, updatedAt: true } as const

export interface Kept {
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}
