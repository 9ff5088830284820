// `npm run bench:edge`: compares edge with routes that decide nothing and with flagd's evaluator, all in one
// workerd. Prints Markdown.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readOptions } from '../../scripts/command-line.ts'
import { makeSdkKey } from '../../workers/http/sdk-key.ts'
import { toFlags } from '../contenders/flagd.ts'
import { median, ratio, short } from '../numbers.ts'
import { toSnapshot } from '../tackline.ts'
import { users } from '../users.ts'
import { slice, split, workload } from '../workloads.ts'
import { workerdVersion } from '../workerd/server.ts'
import { coldStarts } from './cold-start.ts'
import { firstDecision, memoryOf } from './figures.ts'
import { type LoadRequest, load, once } from './load.ts'
import { bundleAll, type EdgeServer, type Service, startEdge } from './server.ts'

/**
 * `--only flag` runs the cases with `flag` in their names and the cases they are compared with, without the
 * figures. `cold-start` compares the one Worker with edge of three.
 */
const { values } = readOptions({
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
})
// Many short rounds, so that other load on the machine affects all cases alike.
const rounds = values.quick ? 15 : 45
const requestsARound = 500
const warmUps = 4
const connections = 16
const environmentId = 'bench'

const manyIds = Array.from({ length: 50 }, (_, i) => `${environmentId}-${i}`)
const keyOf = (id: string) => makeSdkKey('client', id, new Uint8Array(24).fill(7))
const key = keyOf(environmentId)
/** The same in every environment: the stand-in serves one snapshot under all names. */
const sdkKeys = [environmentId, ...manyIds].map((id) => ({
  id,
  role: 'client' as const,
  sha256: createHash('sha256').update(keyOf(id)).digest('hex'),
}))
const flags200 = slice(workload('W4'), 200).flags
const snapshotOf = (flags: typeof flags200) => JSON.stringify({ ...toSnapshot(flags, 'percent'), sdkKeys })

interface Case {
  readonly name: string
  readonly service: Service
  readonly request: Omit<LoadRequest, 'port'>
  readonly status: number
  /** The name of the case that this one is compared with. */
  readonly against?: string
}

const callers = users().slice(0, 256)
const bodies = callers.map((user) => JSON.stringify({ context: { targetingKey: user.id, ...user } }))
const headers = { authorization: `Bearer ${key}` }
const one = { method: 'POST', path: '/ofrep/v1/evaluate/flags/flag-0004', headers, bodies }
const all = { method: 'POST', path: '/ofrep/v1/evaluate/flags', headers, bodies }

const allOf = (id: string) => ({ ...all, headers: { authorization: `Bearer ${keyOf(id)}` } })

const dataOf = (user: (typeof callers)[number]) =>
  Object.fromEntries(Object.entries(user).map(([name, value]) => [name, String(value)]))
const bucketeer = (userEvaluationsId: string, people = callers) => ({
  method: 'POST',
  path: '/get_evaluations',
  headers: { authorization: key },
  bodies: people.map((user) =>
    JSON.stringify({ user: { id: user.id, data: dataOf(user) }, tag: '', sourceId: 7, userEvaluationsId }),
  ),
})

/** The request of the published SDK. */
const flagship = {
  method: 'POST',
  path: `/v2/${environmentId}/campaigns?exposeAllKeys=true&extras[]=accountSettings`,
  headers: { 'x-api-key': key, 'x-sdk-client': 'TypeScript', 'x-sdk-version': '5.2.0' },
  bodies: callers.map(({ id, ...context }) =>
    JSON.stringify({
      visitorId: id,
      anonymousId: null,
      trigger_hit: false,
      context: { ...context, fs_client: 'TypeScript', fs_version: '5.2.0', fs_users: id },
      visitor_consent: true,
    }),
  ),
}

const directory = mkdtempSync(join(tmpdir(), 'tackline-edge-'))
try {
  if (values.only === 'cold-start') await coldStarts(directory)
  else await compareAll()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function compareAll(): Promise<void> {
  await bundleAll(directory)
  await withServer(flags200, async (server) => compare(server, chosen(await casesOf(server))))
  await withServer(workload('W4').flags, async (server) =>
    compare(server, chosen(await bulkOf(server, '1,000 flags'))),
  )
  if (values.only === undefined || values.only === 'figures') await figures()
  console.log(
    `\nworkerd ${workerdVersion()}, ${rounds} rounds of ${requestsARound} requests ` +
      `over ${connections} connections`,
  )
}

async function withServer(flags: typeof flags200, use: (server: EdgeServer) => Promise<void>): Promise<void> {
  const server = await startEdge(directory, { snapshot: snapshotOf(flags), flagdFlags: toFlags(flags) })
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

function chosen(cases: readonly Case[]): readonly Case[] {
  const { only } = values
  if (only === undefined) return cases
  const named = cases.filter(({ name }) => name.includes(only))
  const against = new Set(named.flatMap((each) => each.against ?? []))
  return cases.filter((each) => named.includes(each) || against.has(each.name))
}

async function figures(): Promise<void> {
  const code = readFileSync(join(directory, 'edge/index.js'))
  const thousand = snapshotOf(workload('W4').flags)
  const small = snapshotOf(
    workload('W4').flags.map((flag) => ({
      ...flag,
      rules: [],
      fallthrough: { ...flag.fallthrough, outcome: split },
    })),
  )
  console.log('| figure | value | at most |\n| --- | ---: | ---: |')
  row("edge's bundle, gzipped", `${(gzipSync(code).byteLength / 1_000).toFixed(1)} kB`, '73 kB')
  for (const [title, snapshot] of [
    ['1,000 flags of W4', thousand],
    [`1,000 flags, half and half without rules`, small],
  ] as const) {
    const size = `${Math.round(snapshot.length / 1_024)} KiB`
    const first = await firstDecision(directory, snapshot, one, environmentId)
    row(`first decision of a fresh isolate, ${title} (${size}), CPU`, `${short(first)} ms`, '50 ms')
    const all1000 = await firstDecision(directory, snapshot, all, environmentId)
    row(`first answer about all of them, ${title}, CPU`, `${short(all1000)} ms`, '40 ms')
    const memory = await memoryOf(directory, snapshot, allOf, manyIds)
    row(`heap after 50 environments of ${title}, all flags evaluated`, `${Math.round(memory)} MB`, '100 MB')
  }
}

function row(...cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

/** Builds the cases, after checking that each answers what it should. */
async function casesOf(server: EdgeServer): Promise<Case[]> {
  const edge = (request: Omit<LoadRequest, 'port'>) => once({ ...request, port: server.port('edge') })
  const answer = await edge(one)
  if (!answer.text.includes('"value"'))
    throw new Error(`edge does not decide: ${answer.status} ${answer.text}`)
  const [bareBytes, allFlags, byFlagd] = await bulkOf(server, '200 flags')
  const bulk = await edge(all)
  const { text } = await edge(bucketeer(''))
  if (!text.includes('flag-0004')) throw new Error(`not all flags: ${text.slice(0, 300)}`)
  const { userEvaluationsId } = JSON.parse(text) as { userEvaluationsId: string }
  const campaigns = await edge(flagship)
  if (!campaigns.text.includes('flag-0004')) throw new Error(`not all flags: ${campaigns.text.slice(0, 300)}`)
  const file = { method: 'GET', path: `/${environmentId}/bucketing.json` }
  const { headers: validators } = await edge(file)
  const unmodified = (name: string, value: string | null) => ({ ...file, headers: { [name]: value! } })
  return [
    { name: 'bare route', service: 'bare', request: { method: 'POST', path: '/fixed', bodies }, status: 200 },
    {
      name: 'bare route that reads its JSON',
      service: 'bare',
      request: { method: 'POST', path: '/read', bodies },
      status: 200,
    },
    { name: 'one flag of 200', service: 'edge', request: one, status: 200, against: 'bare route' },
    {
      name: 'one flag of 200, logged as deployed',
      service: 'sampled',
      request: one,
      status: 200,
      against: 'bare route',
    },
    {
      name: 'one flag of 200, with its log line',
      service: 'logged',
      request: one,
      status: 200,
      against: 'bare route',
    },
    bareBytes!,
    allFlags!,
    {
      name: 'all of 200 flags, 304 by tag',
      service: 'edge',
      request: {
        ...all,
        bodies: bodies.slice(0, 1),
        headers: { ...headers, 'if-none-match': bulk.headers.get('etag')! },
      },
      status: 304,
      against: 'bare route',
    },
    byFlagd!,
    {
      name: 'all of 200 flags, Bucketeer',
      service: 'edge',
      request: bucketeer(''),
      status: 200,
      against: 'all of 200 flags',
    },
    {
      name: 'all of 200 flags, Bucketeer, the id is current',
      service: 'edge',
      request: bucketeer(userEvaluationsId, callers.slice(0, 1)),
      status: 200,
      against: 'all of 200 flags',
    },
    {
      name: 'all of 200 flags, AB Tasty',
      service: 'edge',
      request: flagship,
      status: 200,
      against: 'all of 200 flags',
    },
    { name: 'bare GET route', service: 'bare', request: { method: 'GET', path: '/file' }, status: 200 },
    {
      name: 'bucketing file, 304 by date',
      service: 'edge',
      request: unmodified('if-modified-since', validators.get('last-modified')),
      status: 304,
      against: 'bare GET route',
    },
    {
      name: 'bucketing file, 304 by tag',
      service: 'edge',
      request: unmodified('if-none-match', validators.get('etag')),
      status: 304,
      against: 'bare GET route',
    },
    {
      name: 'bucketing file, 200 with Brotli',
      service: 'edge',
      request: { ...file, headers: { 'accept-encoding': 'br' } },
      status: 200,
      against: 'bare GET route',
    },
  ]
}

/** All flags in one request, compared with a route that sends the same bytes and with flagd's evaluator. */
async function bulkOf(server: EdgeServer, flags: string): Promise<Case[]> {
  const ours = await once({ ...all, port: server.port('edge') })
  const byFlagd = await once({ ...all, port: server.port('flagd') })
  for (const { text } of [ours, byFlagd])
    if (!text.includes('flag-0004')) throw new Error(`not all flags: ${text.slice(0, 300)}`)
  await once({ method: 'PUT', path: '/bytes', bodies: [ours.text], port: server.port('bare') })
  const bare = `bare route, the bytes of ${flags}`
  const name = `all of ${flags}`
  return [
    { name: bare, service: 'bare', request: { method: 'POST', path: '/bytes', bodies }, status: 200 },
    { name, service: 'edge', request: all, status: 200, against: bare },
    { name: `${name}, by flagd-core`, service: 'flagd', request: all, status: 200, against: name },
  ]
}

async function compare(server: EdgeServer, cases: readonly Case[]): Promise<void> {
  if (cases.length === 0) return
  const cpu = new Map<string, number[]>(cases.map(({ name }) => [name, []]))
  const rate = new Map<string, number[]>(cases.map(({ name }) => [name, []]))
  for (let round = -warmUps; round < rounds; round++) {
    const offset = Math.max(0, round) % cases.length
    for (const { name, service, request, status } of [...cases.slice(offset), ...cases.slice(0, offset)]) {
      const before = server.spentNs()
      const { requests, seconds } = await load(
        { ...request, port: server.port(service) },
        connections,
        requestsARound,
        status,
      )
      if (round < 0) continue // warm-up
      cpu.get(name)!.push((server.spentNs() - before) / requests / 1_000)
      rate.get(name)!.push(requests / seconds)
    }
  }
  console.log(
    '| request | requests a second | CPU a request | requests a second, of the bare ' +
      '| CPU, times the bare | |',
  )
  console.log('| --- | ---: | ---: | ---: | ---: | --- |')
  for (const { name, against } of cases) {
    const own = { cpu: cpu.get(name)!, rate: rate.get(name)! }
    const to = against === undefined ? undefined : { cpu: cpu.get(against)!, rate: rate.get(against)! }
    row(
      name,
      short(median(own.rate)),
      `${short(median(own.cpu))} µs`,
      to ? `${Math.round(100 * ratio(own.rate, to.rate))} %` : '',
      to ? `${ratio(own.cpu, to.cpu).toFixed(2)} ×` : '',
      against ?? '',
    )
  }
  console.log('')
}
