// What a section of the attack is and reports, and how it sends: to this machine only, within a time limit.
import type { Target } from './target.ts'

export interface Report {
  /** Requests or checks. */
  readonly probes: number
  /** Sentences; none if everything held. */
  readonly findings: readonly string[]
  /** What was seen, for the table. */
  readonly seen: string
}

export interface Section {
  readonly name: string
  /** What must hold, for the table. */
  readonly claim: string
  /** Why the short form leaves it out, if it does. */
  readonly notInShort?: string
  readonly run: (target: Target) => Promise<Report>
}

/** Longer than any honest answer on a machine with other work to do. */
export const answerWithinMs = 20_000
const lanesDefault = 12

export interface Answer {
  /** 0 if the connection was closed without an answer, as for headers that are too large. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly ms: number
}

export async function ask(target: Target, path: string, init: RequestInit = {}): Promise<Answer> {
  const from = performance.now()
  try {
    const response = await fetch(target.url + path, {
      redirect: 'manual', // never to another host
      ...init,
      signal: AbortSignal.timeout(answerWithinMs),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, ms: performance.now() - from }
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      throw new Error(`no answer from ${path} in time`, { cause: error })
    return { status: 0, headers: new Headers(), text: '', ms: performance.now() - from }
  }
}

/** What must hold for every answer, whatever was asked. Undefined if it does. */
export function generalComplaint({ status, text }: Answer): string | undefined {
  if (status >= 500) return `answered ${status}: ${text.slice(0, 200)}`
  if (/\.ts:\d+|\bat \S+ \(|node_modules/.test(text)) return 'showed a stack'
  return undefined
}

/** Runs jobs in a few lanes; collects the sentences that they return. A job that throws is a finding. */
export async function inLanes<T>(
  items: Iterable<T>,
  job: (item: T) => Promise<readonly string[] | string | undefined>,
  lanes = lanesDefault,
): Promise<{ probes: number; findings: string[] }> {
  const queue = [...items].values()
  const findings: string[] = []
  let probes = 0
  const lane = async () => {
    for (const item of queue) {
      probes++
      const found = await job(item).catch((error: unknown) => String(error))
      if (found !== undefined) findings.push(...[found].flat())
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { probes, findings }
}
