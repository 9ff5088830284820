// Somebody else, who changes through the API what is open in the console, and a flag to share.
import { type Admin, call } from '../../scripts/admin.ts'

export type Stored = Record<string, unknown> & { readonly version: number }

/** `path`: of the environment, in the API. */
export const colleagueOn = (stack: () => Admin, path: string) => ({
  post: (to: string, body?: unknown) => call<Stored>(stack(), 'POST', `${path}/${to}`, body),
  patch: (of: string, body: unknown) => call(stack(), 'PATCH', `${path}/${of}`, body),
  read: <T = Stored>(of: string) => call<T>(stack(), 'GET', `${path}/${of}`),
})

/** Half of the users get what is new. */
export const halfNew = (key: string) => ({
  key,
  type: 'string',
  enabled: true,
  tags: ['shop'],
  variations: ['old', 'new'].map((each) => ({ id: each, name: each, value: each })),
  offVariationId: 'old',
  defaultStrategy: {
    strategy: {
      kind: 'rollout',
      shares: ['old', 'new'].map((variationId) => ({ variationId, weight: 50_000 })),
    },
  },
})
