// Dry runs: a change with `?dryRun=true` returns what it would change, and stores nothing.
import * as z from 'zod'

export const DryRun = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: answers what would change, and any problem, and changes nothing.'),
})

export const isDryRun = ({ url }: Request): boolean => new URL(url).searchParams.get('dryRun') === 'true'
