// Shadow mode: a sample of Bucketeer requests is also sent to a real Bucketeer after the response.
// Differences are counted and logged by flag and variation, without targeting keys or SDK keys.
import { toRequestPoint } from '../../analytics/requests.ts'
import { environmentOf } from '../http/sdk-key.ts'
import {
  type Difference,
  differences,
  type ShadowRequest,
  type Shadow,
  parseShadowAnswer,
} from '../protocols/bucketeer/shadow.ts'

export interface ShadowSettings {
  /** Address of the gateway. Without it, shadow mode is off. */
  readonly BUCKETEER_SHADOW_URL?: string
  /** Share of requests, 0 to 1. */
  readonly BUCKETEER_SHADOW_SHARE?: string
  /** Sent in place of a key of ours. An imported key is sent as it is. */
  readonly BUCKETEER_SHADOW_KEY?: string
  readonly REQUESTS?: AnalyticsEngineDataset
}

export interface ShadowPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly random: () => number
  readonly now: () => number
  readonly defer: (work: Promise<unknown>) => void
}

const shareByDefault = 0.01
const answerWithinMs = 5_000
/** Concurrent shadow requests of one isolate. */
const waitingMax = 8
/** Flags listed in one log line. */
const namedMax = 20

export function bucketeerShadow(env: ShadowSettings, ports: ShadowPorts): Shadow | undefined {
  const { BUCKETEER_SHADOW_URL: url = '', BUCKETEER_SHADOW_KEY: ownKey = '' } = env
  if (url === '') return undefined
  const share = Number(env.BUCKETEER_SHADOW_SHARE ?? shareByDefault)
  let waiting = 0
  return {
    isDue: () => waiting < waitingMax && ports.random() < share,
    compare(question) {
      waiting++
      ports.defer(
        compareWithGateway(question).finally(() => {
          waiting--
        }),
      )
    },
  }

  async function compareWithGateway(question: ShadowRequest): Promise<void> {
    const startedAt = ports.now()
    const answer = await ask(question)
    const found = answer.variations && differences(question.ours, answer.variations)
    const outcome = !found ? 'FAILED' : found.length === 0 ? 'SAME' : 'DIFFERENT'
    report(question, {
      outcome,
      found: found ?? [],
      status: answer.status,
      durationMs: ports.now() - startedAt,
    })
  }

  async function ask({ path, body, key }: ShadowRequest) {
    try {
      const response = await ports.fetch(url.replace(/\/$/, '') + path, {
        method: 'POST',
        headers: {
          authorization: environmentOf(key) === undefined ? key : ownKey,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      })
      const { status } = response
      return { status, variations: parseShadowAnswer(path, status, await response.json()) }
    } catch {
      return { status: 0, variations: undefined } // Unreachable, too slow, or not JSON: counted as FAILED.
    }
  }

  function report({ compiled, path, ours }: ShadowRequest, comparison: Comparison): void {
    const { environmentId, revision } = compiled
    const { outcome, found, status, durationMs } = comparison
    const line = { environmentId, revision, path, outcome, status, compared: ours.size, durationMs }
    const flags = { differing: found.length, flags: found.slice(0, namedMax) }
    console.info(JSON.stringify({ level: 'info', where: 'bucketeer-shadow', ...line, ...flags }))
    env.REQUESTS?.writeDataPoint(
      toRequestPoint({
        environmentId,
        dialect: 'bucketeer-shadow', // Here `decisions` counts the flags that differ.
        outcome,
        status,
        revision,
        decisions: found.length,
        staleMs: 0,
        durationMs,
      }),
    )
  }
}

interface Comparison {
  readonly outcome: 'SAME' | 'DIFFERENT' | 'FAILED'
  readonly found: readonly Difference[]
  readonly status: number
  readonly durationMs: number
}
