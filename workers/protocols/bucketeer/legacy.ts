// The gateway's first REST form (`/v1/gateway/evaluations` and its like), which current SDKs no longer speak:
// Go's plain JSON, so snake case throughout, integers and enums as numbers, the answer under `data` and a
// refusal under `error`.
import * as wire from './wire.ts'

/** The newer method that each stands for. */
export const legacyPaths: Readonly<Record<string, string>> = {
  '/v1/gateway/evaluations': '/get_evaluations',
  '/v1/gateway/evaluation': '/get_evaluation',
  '/v1/gateway/events': '/register_events',
  '/v1/gateway/ping': '/ping',
}
export const legacyPathOf = (path: string): string | undefined =>
  Object.hasOwn(legacyPaths, path) ? legacyPaths[path] : undefined

/** What the method answered, in the older form. */
export async function asLegacy(answer: Response): Promise<Response> {
  const body = fromMessage(await answer.json())
  const { code, message } = body as { code?: unknown; message?: unknown }
  const headers = new Headers(answer.headers)
  headers.delete('content-length')
  return Response.json(answer.ok ? { data: body } : { error: { code, message } }, {
    status: answer.status,
    headers,
  })
}

/** Fields that are 64-bit integers. */
const integers = new Set(['createdAt', 'time'])
/** Maps, whose keys are data. */
const maps = new Set(['errors'])

function fromMessage(value: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((each) => fromMessage(each))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, field]) => [
    isMap ? name : snakeOf(name),
    integers.has(name)
      ? Number(field)
      : name === 'reason'
        ? reasonOf(field)
        : fromMessage(field, maps.has(name)),
  ])
  return Object.fromEntries(fields)
}

const snakeOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function reasonOf(reason: unknown) {
  const { type, ruleId } = reason as wire.Evaluation['reason']
  return { type: wire.reasons[type], rule_id: ruleId }
}

const prefix = 'type.googleapis.com/bucketeer.event.client.'
/** By the number that the older form gives instead of a type's name; 2, a batch of goals, is not taken. */
const eventTypes = new Map<unknown, string>([
  [1, 'GoalEvent'],
  [3, 'EvaluationEvent'],
  [4, 'MetricsEvent'],
])
const metricsTypes = new Map<unknown, string>([
  [1, 'LatencyMetricsEvent'],
  [2, 'SizeMetricsEvent'],
  [3, 'TimeoutErrorMetricsEvent'],
  [4, 'InternalErrorMetricsEvent'],
  [5, 'NetworkErrorMetricsEvent'],
  [6, 'InternalSdkErrorMetricsEvent'],
])

/** An event with the name of its type, where it brought only a number. */
export function withTypeName(event: unknown, type: unknown): unknown {
  if (typeof event !== 'object' || event === null || '@type' in event) return event
  const name = eventTypes.get(type)
  if (name === undefined) return event
  if (name !== 'MetricsEvent') return { ...event, '@type': prefix + name }
  const { event: inner, type: subtype } = event as { event?: unknown; type?: unknown }
  const innerName = metricsTypes.get(subtype) ?? 'unknown'
  const named =
    typeof inner === 'object' && inner !== null ? { '@type': prefix + innerName, ...inner } : inner
  return { ...event, event: named, '@type': prefix + name }
}
