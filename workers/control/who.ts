// Who made a change and from where, as the API shows it. The same shapes as those of the object's contract.
import * as z from 'zod'
import type { Actor as ActorType, Origin as OriginType } from '../environment-object.ts'

export const Actor: z.ZodType<ActorType> = z.strictObject({
  kind: z.enum(['token', 'member', 'job', 'trigger']),
  id: z.string(),
  name: z.string(),
})

export const Origin: z.ZodType<OriginType> = z.strictObject({
  ip: z.string().describe('As Cloudflare saw it; empty on a machine of one’s own.'),
  userAgent: z.string(),
})
