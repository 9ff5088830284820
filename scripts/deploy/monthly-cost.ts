// What an installation costs a month on paper at three levels of traffic: list prices, after what the plan
// includes. The same quantities as docs/guides/costs.md, plus evaluations.
import { measured, monthSeconds, prices, quantitiesOf } from '../../bench/events/costs.ts'

export interface Traffic {
  readonly title: string
  /** Requests of SDKs for evaluations, a month. */
  readonly evaluations: number
  /** A month, ten to a request. */
  readonly events: number
}

export const trafficLevels: readonly Traffic[] = [
  { title: 'small', evaluations: 1e6, events: 200_000 },
  { title: 'medium', evaluations: 30e6, events: 10e6 },
  { title: 'large', evaluations: 1e9, events: 300e6 },
]

const eventsPerRequest = 10
/** Data centres that are busy all the time, each of which asks for the newest revision twice a second. */
const busyDataCentres = 30
const questionsPerSecond = 2

/** A month; of the paid plan. Read on 2026-11-29 at the addresses of docs/guides/costs.md. */
const included = {
  base: 5,
  requests: 10e6,
  cpuMs: 30e6,
  queueOperations: 1e6,
  objectRequests: 1e6,
  objectRowsWritten: 50e6,
  classA: 1e6,
  storageGb: 10,
}

/** A day; of the free plan, beyond which Cloudflare refuses. */
const free = {
  requests: 100_000,
  queueOperations: 10_000,
  objectRequests: 100_000,
  objectRowsWritten: 100_000,
}
const daysPerMonth = monthSeconds / 86_400

export interface MonthlyCost {
  readonly traffic: Traffic
  readonly lines: readonly { readonly step: string; readonly dollars: number }[]
  /** Of the paid plan. */
  readonly dollars: number
  /** What of the free plan would not be enough, on an even day. */
  readonly beyondFree: readonly string[]
}

export function monthlyCost(traffic: Traffic): MonthlyCost {
  const { evaluations, events } = traffic
  const intake = quantitiesOf(events, eventsPerRequest, events / monthSeconds)
  const questions = Math.min(evaluations, busyDataCentres * questionsPerSecond * monthSeconds)
  const quantities = {
    requests: evaluations + intake.requests + intake.batches,
    cpuMs: evaluations * measured.edgeCpuMs.get(1)! + intake.edgeCpuMs + intake.ingestCpuMs,
    queueOperations: intake.queueOperations,
    objectRequests: questions + intake.objectRequests,
    objectRowsWritten: intake.objectRowsWritten,
    classA: intake.batches,
    storageGb: intake.storageGb,
  }
  const beyond = (what: keyof typeof quantities, price: number) =>
    Math.max(0, quantities[what] - included[what]) * price
  const lines = [
    { step: 'Workers Paid', dollars: included.base },
    { step: 'requests', dollars: beyond('requests', prices.workersRequest) },
    { step: 'CPU', dollars: beyond('cpuMs', prices.workersCpuMs) },
    { step: 'queues', dollars: beyond('queueOperations', prices.queueOperation) },
    {
      step: 'Durable Objects',
      dollars:
        beyond('objectRequests', prices.objectRequest) + beyond('objectRowsWritten', prices.objectRowWritten),
    },
    {
      step: 'R2',
      dollars: beyond('classA', prices.classA) + beyond('storageGb', prices.storageGbMonth),
    },
  ]
  const beyondFree = (Object.keys(free) as (keyof typeof free)[])
    .filter((what) => quantities[what] / daysPerMonth > free[what])
    .map((what) => freeNames[what])
  return { traffic, lines, dollars: lines.reduce((sum, line) => sum + line.dollars, 0), beyondFree }
}

const freeNames: Record<keyof typeof free, string> = {
  requests: 'requests',
  queueOperations: 'queue operations',
  objectRequests: 'requests to Durable Objects',
  objectRowsWritten: 'rows written in Durable Objects',
}

/** Lines of text. */
export function costLines(): string[] {
  const costs = trafficLevels.map(monthlyCost)
  const row = (title: string, cells: readonly string[]) =>
    `  ${title.padEnd(17)}${cells.map((cell) => cell.padStart(10)).join('')}`
  const count = (number: number) => (number >= 1e6 ? `${number / 1e6} M` : `${number / 1e3} k`)
  const dollars = (amount: number) => amount.toFixed(amount > 0 && amount < 0.01 ? 4 : 2)
  const steps = costs[0]!.lines.map(({ step }) => step)
  return [
    row(
      '',
      costs.map(({ traffic }) => traffic.title),
    ),
    row(
      'evaluations',
      costs.map(({ traffic }) => count(traffic.evaluations)),
    ),
    row(
      'events',
      costs.map(({ traffic }) => count(traffic.events)),
    ),
    ...steps.map((step, i) =>
      row(
        step,
        costs.map(({ lines }) => dollars(lines[i]!.dollars)),
      ),
    ),
    row(
      'dollars a month',
      costs.map((cost) => dollars(cost.dollars)),
    ),
    ...costs.map(({ traffic, beyondFree }) =>
      beyondFree.length === 0
        ? `  ${traffic.title}: Workers Free has enough of what is counted here.`
        : `  ${traffic.title}: Workers Free has too few ${beyondFree.join(', ')} a day.`,
    ),
  ]
}
