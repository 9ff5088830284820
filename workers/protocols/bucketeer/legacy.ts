// The gateway's older REST API (`/v1/gateway/evaluations` and others), which current SDKs no longer use. Its
// format is Go's plain JSON: snake case, integers and enums as numbers, the answer in `data`, a refusal in
// `error`.
import * as wire from './wire.ts'

/** The current path of each older one. */
export const legacyPaths: Readonly<Record<string, string>> = {
  '/v1/gateway/evaluations': '/get_evaluations',
  '/v1/gateway/evaluation': '/get_evaluation',
  '/v1/gateway/events': '/register_events',
  '/v1/gateway/ping': '/ping',
}
export const legacyPathOf = (path: string): string | undefined =>
  Object.hasOwn(legacyPaths, path) ? legacyPaths[path] : undefined

/** Converts a response of the current API. */
export async function asLegacy(response: Response): Promise<Response> {
  const body = toLegacy(await response.json())
  const { code, message } = body as { code?: unknown; message?: unknown }
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return Response.json(response.ok ? { data: body } : { error: { code, message } }, {
    status: response.status,
    headers,
  })
}

/** 64-bit integers, which are texts in the current API. */
const integers = new Set(['createdAt', 'time'])
/** Maps: their keys are data and stay as they are. */
const maps = new Set(['errors'])

function toLegacy(value: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((each) => toLegacy(each))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, field]) => [
    isMap ? name : toSnakeCase(name),
    integers.has(name)
      ? Number(field)
      : name === 'reason'
        ? legacyReason(field)
        : toLegacy(field, maps.has(name)),
  ])
  return Object.fromEntries(fields)
}

const toSnakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function legacyReason(reason: unknown) {
  const { type, ruleId } = reason as wire.Evaluation['reason']
  return { type: wire.reasons[type], rule_id: ruleId }
}

const prefix = 'type.googleapis.com/bucketeer.event.client.'
/** The older API numbers its event types. 2, a batch of goals, is not supported. */
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

/** Adds the type's name to an event that has only its number. */
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
