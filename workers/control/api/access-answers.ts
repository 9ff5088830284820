// Who may do what: API tokens, members and SDK keys as answers show them, without secrets. The console imports
// their types, so nothing in this file depends on workerd.
import * as z from 'zod'
import { grantsMax } from '../../../core/model/limits.ts'
import { SdkKey } from '../../../core/model/sdk-key.ts'
import { Name, Slug } from './slugs.ts'

export const Token = z.strictObject({
  id: z.string(),
  organisationId: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'editor', 'viewer']),
  environments: z.array(z.string()).readonly().nullable(),
  createdAt: z.int(),
  expiresAt: z.int().nullable(),
  lastUsedAt: z.int().nullable().describe('Epoch milliseconds, to the hour.'),
  disabled: z.boolean(),
  version: z.int(),
})
export type Token = z.infer<typeof Token>

export const Grants = z
  .record(z.union([Slug, z.literal('*')]), z.enum(['editor', 'viewer']))
  .refine((grants) => Object.keys(grants).length <= grantsMax, `at most ${grantsMax} environments`)
  .describe(
    'For the role member: its role by environment. `*` stands for all environments of the organisation.',
  )

export const MemberFields = z.strictObject({
  name: Name.default(''),
  role: z.enum(['owner', 'admin', 'member']).default('member'),
  environments: Grants.default({}),
})
export const Member = MemberFields.extend({
  id: z.string(),
  organisationId: z.string(),
  email: z.string(),
  version: z.int(),
  createdAt: z.int(),
})
export type Member = z.infer<typeof Member>

export const PublicSdkKey = SdkKey.omit({ sha256: true, previous: true }).extend({
  previous: z
    .strictObject({ expiresAt: z.int() })
    .optional()
    .describe('Set after a rotation: until then (epoch milliseconds) the old key is valid too.'),
})
export type PublicSdkKey = z.infer<typeof PublicSdkKey>
