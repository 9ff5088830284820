// Marks the fields of schemas that no caller may read. core/change/redaction.ts removes them.
import * as z from 'zod'
import { sha256LengthMax } from './limits.ts'

/** `schema.register(Secret, { secret: true })` marks a field. */
export const Secret = z.registry<{ readonly secret: true }>()

/** The SHA-256 of a secret, in hexadecimal. */
export const SecretHash = z.string().max(sha256LengthMax).register(Secret, { secret: true })

export const isSecret = (schema: z.ZodType): boolean => Secret.has(schema)
