// Shadow mode: what a real Bucketeer answers to the same question, held against what we answered. Decides
// what to ask and what is other; asking is the entry's (workers/edge/bucketeer-shadow.ts).
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { evaluate, evaluateAll } from '../../../core/evaluation/evaluate.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import type { Asked } from './evaluations.ts'

export interface Shadow {
  /** Whether this request is of the sampled share. */
  isDue(): boolean
  /** Asks and compares behind the answer. */
  compare(question: Question): void
}

export interface Question {
  readonly compiled: CompiledSnapshot
  /** The client's. */
  readonly key: string
  readonly path: '/get_evaluations' | '/get_evaluation'
  readonly body: object
  readonly ours: Variations
}

/** Variation ids by flag: what a user was given. */
export type Variations = ReadonlyMap<string, string>

const sdk = { sourceId: 7, sdkVersion: 'tackline-shadow' }

/**
 * As the client said it, without what Cloudflare added, and as one that has nothing yet: else the other host
 * would leave out what it thinks is known.
 */
export function questionOf(
  { compiled, context, userId, tag }: Omit<Asked, 'has' | 'now'>,
  key: string,
  featureId?: string,
): Question {
  const data = Object.fromEntries(
    Object.entries(context.attributes).filter(
      ([name, value]) => typeof value === 'string' && !name.startsWith(trustedNamespace),
    ),
  )
  const asked = { user: { id: userId, data }, tag, ...sdk }
  if (featureId !== undefined) {
    const ours = variationsOf([evaluate(compiled, featureId, context)])
    return { compiled, key, path: '/get_evaluation', body: { ...asked, featureId }, ours }
  }
  const ours = variationsOf(evaluateAll(compiled, context, tag === '' ? undefined : tag))
  const userEvaluationCondition = { evaluatedAt: '0', userAttributesUpdated: false }
  const body = { ...asked, userEvaluationsId: '', userEvaluationCondition }
  return { compiled, key, path: '/get_evaluations', body, ours }
}

const variationsOf = (evaluations: ReturnType<typeof evaluateAll>): Variations =>
  new Map(
    evaluations.flatMap(({ flagKey, variation }) => (variation ? [[flagKey, variation.id] as const] : [])),
  )

/** Undefined where it is no answer of Bucketeer's. A flag that is not known there is none. */
export function theirs(path: Question['path'], status: number, body: unknown): Variations | undefined {
  if (path === '/get_evaluation' && status === 404) return new Map()
  if (status !== 200) return undefined
  const answer = body as { evaluation?: unknown; evaluations?: { evaluations?: unknown } } | null
  const list = path === '/get_evaluation' ? [answer?.evaluation] : answer?.evaluations?.evaluations
  if (!Array.isArray(list)) return undefined
  const found = new Map<string, string>()
  for (const each of list) {
    const { featureId, variationId } = (each ?? {}) as { featureId?: unknown; variationId?: unknown }
    if (typeof featureId !== 'string' || typeof variationId !== 'string') return undefined
    found.set(featureId, variationId)
  }
  return found
}

export interface Difference {
  readonly featureId: string
  /** Variation ids; null where none is given. */
  readonly here: string | null
  readonly there: string | null
}

export function differences(ours: Variations, other: Variations): Difference[] {
  const keys = new Set([...ours.keys(), ...other.keys()])
  return [...keys].flatMap((featureId) => {
    const here = ours.get(featureId) ?? null
    const there = other.get(featureId) ?? null
    return here === there ? [] : [{ featureId, here, there }]
  })
}
