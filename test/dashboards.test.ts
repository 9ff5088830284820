// The dashboard and the alerts against what they ask: the SQL over points as edge and ingest write them, in
// ClickHouse, of whose SQL Analytics Engine has a part; the rules against the runner's own metrics.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { toDataPoint } from '../analytics/live-points.ts'
import { toRequestPoint } from '../analytics/requests.ts'
import { loadChdb } from '../batch/lake/clickhouse.ts'
import { serveMetrics } from '../batch/serve/metrics.ts'
import { hasChdb } from './support/chdb.ts'

const folder = join(import.meta.dirname, '..', 'analytics', 'dashboards')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))

const Target = z.looseObject({ query: z.string().optional(), expr: z.string().optional() })
const Dashboard = z.looseObject({
  panels: z.array(z.looseObject({ title: z.string(), targets: z.array(Target) })),
})
const targets = Dashboard.parse(JSON.parse(read('grafana.json'))).panels.flatMap((panel) => panel.targets)
const Alerts = z.object({
  groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
})
const rules = Alerts.parse(parse(read('alerts.yml'))).groups.flatMap((group) => group.rules)

it('has each query of the folder once', () => {
  const queries = targets.flatMap(({ query }) => query ?? [])
  expect(queries.toSorted()).toEqual(names.map(read).toSorted())
})

it('asks for metrics that the runner has, with their labels', async () => {
  const metrics = serveMetrics()
  metrics.ended('operations', { outcome: 'done', startedAt: 1, durationMs: 1, exitCode: 0 })
  metrics.event('operations', { kind: 'nothing-to-replay' })
  const text = await metrics.text()
  const asked = [...targets.flatMap(({ expr }) => expr ?? []), ...rules.map(({ expr }) => expr)]
  expect(asked.length).toBeGreaterThan(6)
  for (const expr of asked) {
    const [metric] = /tackline_\w+/.exec(expr) ?? []
    expect(text, expr).toMatch(new RegExp(`^${metric}\\{`, 'm'))
    for (const [, label, value] of expr.matchAll(/(job|outcome)="(\w+)"/g))
      expect(text, expr).toContain(`${label}="${value}"`)
  }
})

describe.skipIf(!hasChdb)('the queries', () => {
  const at = 1_800_000_000
  const request = (decisions: number, outcome: string, durationMs: number, environmentId = 'demo') =>
    toRequestPoint({
      environmentId,
      dialect: 'ofrep',
      outcome,
      status: 200,
      revision: 7,
      decisions,
      staleMs: 40,
      durationMs,
    })
  const requests = [request(1, 'OK', 3), request(200, 'OK', 9), request(0, 'UNAUTHENTICATED', 1)]
  const event = { environmentId: 'demo', protocol: 'ofrep', sdk: '', value: 0 } as const
  const events = [
    toDataPoint({ ...event, kind: 'exposure', name: 'checkout', variationId: 'on', count: 5 }),
    toDataPoint({ ...event, kind: 'tracking', name: 'bought', variationId: '', count: 2 }),
  ]
  const tables = {
    tackline_requests: [...requests, request(9, 'OK', 9, 'other')],
    tackline_events: events,
  }

  const structure =
    'timestamp DateTime, _sample_interval UInt32, index1 String, ' +
    [...Array(5).keys()].map((i) => `blob${i + 1} String, double${i + 1} Float64`).join(', ')

  /** Each point stands for ten. */
  async function answer(name: string): Promise<unknown[]> {
    const { queryBindAsync } = await loadChdb()
    const sql = read(name)
      .replace('$environment', 'demo')
      .replace('${__from:date:seconds}', String(at))
      .replace('${__to:date:seconds}', String(at + 60))
    const rows = (points: (typeof tables)[keyof typeof tables]) =>
      points
        .map(({ indexes, blobs, doubles }) => ({
          timestamp: at,
          _sample_interval: 10,
          index1: indexes[0],
          ...Object.fromEntries(blobs.map((blob, i) => [`blob${i + 1}`, blob])),
          ...Object.fromEntries(doubles.map((double, i) => [`double${i + 1}`, double])),
        }))
        .map((row) => JSON.stringify(row))
        .join('\n')
    const values = {
      requests: rows(tables.tackline_requests),
      events: rows(tables.tackline_events),
      structure,
    }
    const beginning = (['requests', 'events'] as const).map(
      (table) =>
        `tackline_${table} AS (SELECT * FROM format(JSONEachRow, {structure:String}, {${table}:String}))`,
    )
    const text = `WITH ${beginning.join(', ')} ${sql}`
    const found = (await queryBindAsync(text, values, { format: 'JSONEachRow' })).text()
    return found
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown)
  }

  const t = at - (at % 60)
  const answers: [string, unknown[]][] = [
    ['decisions.sql', [{ t, label: 'ofrep', decisions: 2_010 }]],
    ['refusals.sql', [{ t, label: 'UNAUTHENTICATED', requests: 10 }]],
    ['latency.sql', [{ t, label: 'ofrep', p95: 9 }]],
    ['staleness.sql', [{ t, most: 40, average: 40 }]],
    ['revisions.sql', [{ t, label: '7', decisions: 2_010 }]],
    [
      'events.sql',
      [
        { t, label: 'exposure', events: 50 },
        { t, label: 'tracking', events: 20 },
      ],
    ],
    ['flags.sql', [{ flag: 'checkout', variation: 'on', exposures: 50 }]],
  ]
  it.each(answers)('%s', async (name, rows) => {
    const found = await answer(name)
    expect(found.map((row) => numbered(row))).toEqual(expect.arrayContaining(rows))
    expect(found).toHaveLength(rows.length)
  })
})

/** Whole numbers of 64 bits come as text. */
const numbered = (row: unknown) =>
  Object.fromEntries(
    Object.entries(row as object).map(([name, value]) => [
      name,
      ['t', 'requests', 'exposures'].includes(name) ? Number(value) : value,
    ]),
  )
