// Marks the fields of schemas that no caller may read. core/change/redaction.ts removes them.
import * as z from 'zod'
import { sha256LengthMax } from './limits.ts'

const secrets = z.registry<{ readonly secret: true }>()

/** The SHA-256 of a secret, in hexadecimal. */
export const SecretHash = z.string().max(sha256LengthMax).register(secrets, { secret: true })

export const isSecret = (schema: z.ZodType): boolean => secrets.has(schema)
