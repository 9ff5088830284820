// Shadow mode: sends a sample of requests to a real Bucketeer and compares its answers with ours. This file
// builds the request and compares; workers/edge/bucketeer-shadow.ts sends it.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { evaluate, evaluateAll } from '../../../core/evaluation/evaluate.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import type { EvaluationsQuery } from './evaluations.ts'

export interface Shadow {
  /** Whether the current request belongs to the sample. */
  isDue(): boolean
  /** Sends and compares after the response. */
  compare(shadowRequest: ShadowRequest): void
}

export interface ShadowRequest {
  readonly compiled: CompiledSnapshot
  /** The client's key. */
  readonly key: string
  readonly path: '/get_evaluations' | '/get_evaluation'
  readonly body: object
  /** What we answered. */
  readonly ours: Variations
}

/** The ids of the served variations, by flag key. */
export type Variations = ReadonlyMap<string, string>

const sdk = { sourceId: 7, sdkVersion: 'tackline-shadow' }

/**
 * Repeats the client's request without the attributes that Cloudflare added, and without the ids of what the
 * client has: the other host would leave out what the client has already.
 */
export function shadowRequestOf(
  { compiled, context, userId, tag }: Pick<EvaluationsQuery, 'compiled' | 'context' | 'userId' | 'tag'>,
  key: string,
  featureId?: string,
): ShadowRequest {
  const data = Object.fromEntries(
    Object.entries(context.attributes).filter(
      ([name, value]) => typeof value === 'string' && !name.startsWith(trustedNamespace),
    ),
  )
  const common = { user: { id: userId, data }, tag, ...sdk }
  if (featureId !== undefined) {
    const ours = variationsOf([evaluate(compiled, featureId, context)])
    return { compiled, key, path: '/get_evaluation', body: { ...common, featureId }, ours }
  }
  const ours = variationsOf(evaluateAll(compiled, context, tag === '' ? undefined : tag))
  const userEvaluationCondition = { evaluatedAt: '0', userAttributesUpdated: false }
  const body = { ...common, userEvaluationsId: '', userEvaluationCondition }
  return { compiled, key, path: '/get_evaluations', body, ours }
}

const variationsOf = (evaluations: ReturnType<typeof evaluateAll>): Variations =>
  new Map(
    evaluations.flatMap(({ flagKey, variation }) => (variation ? [[flagKey, variation.id] as const] : [])),
  )

/**
 * The variations in Bucketeer's answer, empty for an unknown flag. Undefined if it is not an answer of
 * Bucketeer's.
 */
export function parseShadowAnswer(
  path: ShadowRequest['path'],
  status: number,
  body: unknown,
): Variations | undefined {
  if (path === '/get_evaluation' && status === 404) return new Map()
  if (status !== 200) return undefined
  const answer = body as { evaluation?: unknown; evaluations?: { evaluations?: unknown } } | null
  const list = path === '/get_evaluation' ? [answer?.evaluation] : answer?.evaluations?.evaluations
  if (!Array.isArray(list)) return undefined
  const variations = new Map<string, string>()
  for (const each of list) {
    const { featureId, variationId } = (each ?? {}) as { featureId?: unknown; variationId?: unknown }
    if (typeof featureId !== 'string' || typeof variationId !== 'string') return undefined
    variations.set(featureId, variationId)
  }
  return variations
}

export interface Difference {
  readonly featureId: string
  /** Variation ids; null if none is served. */
  readonly here: string | null
  readonly there: string | null
}

export function differences(ours: Variations, theirs: Variations): Difference[] {
  const keys = new Set([...ours.keys(), ...theirs.keys()])
  return [...keys].flatMap((featureId) => {
    const here = ours.get(featureId) ?? null
    const there = theirs.get(featureId) ?? null
    return here === there ? [] : [{ featureId, here, there }]
  })
}
