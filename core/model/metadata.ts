// Metadata of a flag in its owner's own words: who owns it, a ticket, a dashboard. SDKs get it as
// OpenFeature's flag metadata, beside what this system says of an evaluation.
import * as z from 'zod'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'

/** The names under which evaluations say something of their own, in OFREP and over RPC. */
export const reservedMetadata: ReadonlySet<string> = new Set([
  'version',
  'variationId',
  'flagSetId',
  'contextId',
  'exposureToken',
])

const Value = z.union(
  [z.string().max(limits.metadataValueLengthMax), z.number(), z.boolean()],
  `is a text of at most ${limits.metadataValueLengthMax} characters, a number, true or false`,
)
const Names = z.record(z.string(), Value).superRefine((metadata, context) => {
  const complain = (path: string[], rule: FieldRule, message: string) =>
    context.addIssue({ code: 'custom', path, params: { rule }, message })
  const names = Object.keys(metadata)
  if (names.length > limits.metadataMax)
    complain([], 'metadata-name', `has more than ${limits.metadataMax} names`)
  for (const name of names) {
    if (name === '' || name.length > limits.metadataNameLengthMax)
      complain([name], 'metadata-name', `a name has 1 to ${limits.metadataNameLengthMax} characters`)
    if (reservedMetadata.has(name)) complain([name], 'metadata-name', 'is a name that evaluations use')
  }
})

/** zod leaves `__proto__` out of records without a word, so it is refused before. */
export const Metadata = z.preprocess((value, context) => {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is no name for metadata' })
  return value
}, Names)
export type Metadata = z.infer<typeof Metadata>
