// Hostile bodies at every entry, and everything larger than it may be: deep, huge, in wrong encodings, of
// wrong types, bombs. Whatever is sent, the answer is a refusal in form or is harmless, and it comes in
// time.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { complaintAbout, keyHeader } from '../support/bad-input/answer.ts'
import { mutation, randomFrom } from '../support/bad-input/mutations.ts'
import { adminRoutes, dataRoutes, type Dialect } from '../support/bad-input/routes.ts'
import { adminOperations, pathIn } from './callers.ts'
import { ask, generalComplaint, inLanes, type Section } from './section.ts'
import { bearer, type Target } from './target.ts'

interface Entry {
  readonly dialect: Dialect
  readonly method: string
  readonly path: string
  readonly role?: 'server'
  readonly contentTypes: readonly string[]
  /** Names that a body may have. */
  readonly properties: readonly string[]
  readonly sample?: object
}

/**
 * Hostile things are sent to an environment of its own organisation, so that they never meet another test.
 */
async function entriesOf(target: Target): Promise<Entry[]> {
  const { foreign } = target
  const samples = new Map<string, object>(
    adminRoutes(foreign.environmentId).map(({ method, path, body }) => [`${method} ${path}`, body] as const),
  )
  const admin = (await adminOperations(target))
    .filter(({ contentTypes, method }) => contentTypes.length > 0 || method !== 'GET')
    // these would add organisations and environments that nothing removes
    .filter(({ path }) => !/^\/api\/v1\/(organisations|environments)$/.test(path))
    .map(({ method, path, contentTypes, properties }): Entry => {
      const at = pathIn(path, foreign)
      const sample = samples.get(`${method} ${at}`)
      return { dialect: 'admin', method, path: at, contentTypes, properties, ...(sample && { sample }) }
    })
  const data = dataRoutes(foreign.environmentId, Date.now()).map(({ body, ...route }): Entry => ({
    ...route,
    contentTypes: ['application/json'],
    properties: Object.keys(body),
    sample: body,
  }))
  return [...data, ...admin]
}

const keyOf = ({ foreign }: Target, { dialect, role }: Entry): string =>
  dialect === 'admin' ? foreign.token : role === 'server' ? foreign.serverKey : foreign.clientKey

interface Hostile {
  readonly name: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  readonly encoding?: string
}

const bytes = (buffer: Uint8Array) => new Uint8Array(buffer) as Uint8Array<ArrayBuffer>
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + '1' + close.repeat(depth)
const zeros = Buffer.alloc(60_000_000, ' ')
const bombs: readonly Hostile[] = [
  { name: 'a bomb of gzip', body: bytes(gzipSync(zeros)), encoding: 'gzip' },
  { name: 'a bomb of brotli', body: bytes(brotliCompressSync(zeros)), encoding: 'br' },
]

/** Bodies that no route takes. */
const whole: readonly Hostile[] = [
  { name: 'deep lists', body: nested('[', ']', 50_000) },
  { name: 'deep objects', body: nested('{"a":', '}', 20_000) },
  { name: 'open brackets', body: '['.repeat(200_000) },
  { name: '10,000 elements', body: JSON.stringify(Array.from({ length: 10_000 }, () => ({}))) },
  { name: 'a number of 100,000 digits', body: `{"a":${'9'.repeat(100_000)}}` },
  { name: 'NUL', body: '\u0000' },
  { name: 'UTF-16', body: bytes(Buffer.from('{"a":1}', 'utf16le')) },
  { name: 'not UTF-8', body: bytes(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])) },
  { name: 'a form', body: 'a=1&b=2', type: 'application/x-www-form-urlencoded' },
  { name: 'XML with entities', body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', type: 'application/xml' },
  { name: 'a torn stream of gzip', body: bytes(gzipSync('{"a":1}').subarray(0, -9)), encoding: 'gzip' },
  { name: 'gzip in gzip', body: bytes(gzipSync(gzipSync('{}'))), encoding: 'gzip, gzip' },
  { name: 'an unknown encoding', body: '{}', encoding: 'zstd' },
  { name: 'an odd media type', body: '{"a":1}', type: 'multipart/form-data; boundary="' },
]

/** JSON of one hostile value; put into every field in turn, and into all at once. */
const values: readonly [name: string, json: string][] = [
  ['1e999', '1e999'],
  ['2^70', '1180591620717411303424'],
  ['a number of 1,000 digits', '9'.repeat(1_000)],
  ['-0', '-0'],
  ['NUL', '"\\u0000"'],
  ['a lone surrogate', '"\\ud800"'],
  ['prototype keys', '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'],
  ['a prototype', '"__proto__"'],
  ['10,000 elements', JSON.stringify(Array.from({ length: 10_000 }, (_, i) => i))],
  ['10,000 texts', JSON.stringify(Array.from({ length: 10_000 }, (_, i) => `t${i}`))],
  ['deep lists', nested('[', ']', 3_000)],
  ['a long text', JSON.stringify('x'.repeat(200_000))],
  ['a bomb of YAML', JSON.stringify(yamlBomb())],
  ['a pattern that explodes elsewhere', '"(a+)+$"'],
  ['a path', '"../../../etc/passwd"'],
]

/** Nine levels of nine references: 387 million values when expanded. */
function yamlBomb(): string {
  const level = (n: number) => `l${n}: &l${n} [${Array.from({ length: 9 }, () => `*l${n - 1}`).join(',')}]`
  return ['l0: &l0 [x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 9 }, (_, i) => level(i + 1))].join('\n')
}

const yaml: readonly Hostile[] = [
  { name: 'a bomb of YAML', body: yamlBomb() },
  { name: 'deep YAML', body: '- '.repeat(50_000) + 'x' },
  { name: 'YAML of many keys', body: Array.from({ length: 50_000 }, (_, i) => `k${i}: &a${i} 1`).join('\n') },
  { name: 'YAML that refers to itself', body: 'a: &a [*a]' },
  { name: 'YAML with a tag', body: '!!js/function "return 1"' },
  { name: 'deep YAML flows', body: nested('[', ']', 30_000) },
].map((each) => ({ ...each, type: 'application/yaml' }))

const fieldBody = (properties: readonly string[], json: string) =>
  `{${properties.map((name) => `${JSON.stringify(name)}:${json}`).join(',')}}`

function* hostileFor(entry: Entry, isShort: boolean, random: () => number): Generator<Hostile> {
  yield* whole
  if (entry.contentTypes.some((type) => type.includes('yaml'))) yield* yaml
  if (!isShort || entry.contentTypes.length > 0) yield* bombs
  for (const [name, json] of values) {
    if (entry.properties.length === 0) break
    yield { name: `${name} everywhere`, body: fieldBody(entry.properties, json) }
    if (!isShort || !entry.sample)
      for (const property of isShort ? [] : entry.properties)
        yield { name: `${name} as ${property}`, body: fieldBody([property], json) }
    if (entry.sample)
      for (const [property] of Object.entries(entry.sample)) {
        const others = { ...entry.sample, [property]: 'HERE' }
        yield { name: `${name} as ${property}`, body: JSON.stringify(others).replace('"HERE"', () => json) }
      }
  }
  if (entry.sample)
    for (let i = 0; i < (isShort ? 5 : 60); i++)
      yield { name: `damage ${i}`, body: mutation(entry.sample, random) }
}

const bodies: Section = {
  name: 'bodies',
  claim: 'no body makes a 5xx, shows a stack, or takes long; a refusal has its protocol’s form',
  async run(target) {
    const entries = await entriesOf(target)
    const random = randomFrom(Date.now())
    const all = entries.flatMap((entry) =>
      [...hostileFor(entry, target.isShort, random)].map((hostile) => ({ entry, hostile })),
    )
    const chosen = target.isShort ? all.filter((_, index) => index % 6 === 0) : all
    let slowest = { ms: 0, what: '' }
    const statuses = new Map<number, number>()
    const report = await inLanes(chosen, async ({ entry, hostile }) => {
      const { method, path, dialect, contentTypes } = entry
      const answer = await ask(target, path, {
        method,
        headers: {
          'content-type': hostile.type ?? contentTypes[0] ?? 'application/json',
          ...(hostile.encoding && { 'content-encoding': hostile.encoding }),
          ...keyHeader[dialect](keyOf(target, entry)),
        },
        body: hostile.body,
      })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const what = `${method} ${path}, ${hostile.name}`
      if (answer.ms > slowest.ms) slowest = { ms: answer.ms, what }
      const inForm = new Response(null, { status: answer.status || 400, headers: answer.headers })
      const complaint = answer.status === 0 ? 'closed the connection' : generalComplaint(answer)
      const found = complaint ?? complaintAbout(dialect, inForm, answer.text)
      return found && `${what}: ${found}`
    })
    const byStatus = [...statuses].toSorted(([a], [b]) => a - b).map(([status, n]) => `${n} x ${status}`)
    const seen = `${entries.length} entries; ${byStatus.join(', ')}; slowest ${Math.round(slowest.ms)} ms (${slowest.what})`
    return { ...report, seen }
  },
}

const oversized: Section = {
  name: 'oversized',
  claim: 'addresses, headers, keys, queries and bodies of any size are refused',
  async run(target) {
    const { here } = target
    const api = `/api/v1/environments/${here.environmentId}`
    const admin = { headers: bearer(here.token) }
    const long = 'x'.repeat(60_000)
    const post = (path: string, body: string, headers: Record<string, string> = {}) =>
      [
        path,
        {
          method: 'POST',
          headers: { 'x-api-key': here.clientKey, ...bearer(here.clientKey), ...headers },
          body,
        },
      ] as const
    const large = `{"a":"${'x'.repeat(6_000_000)}"}`
    const probes: readonly (readonly [string, RequestInit])[] = [
      [`/${long}`, {}],
      [`/${long}/bucketing.json`, {}],
      [`/ofrep/v1/evaluate/flags/${long}`, { method: 'POST', headers: bearer(here.clientKey), body: '{}' }],
      [`${api}/flags/${long}`, admin],
      [`${api}/flags?${Array.from({ length: 2_000 }, (_, i) => `a${i}=1`).join('&')}`, admin],
      [`${api}/flags?search=${long}`, admin],
      [`${api}/flags?cursor=${long}`, admin],
      [`${api}/revisions?before=${'9'.repeat(1_000)}`, admin],
      [api, { headers: bearer(long) }],
      [api, { headers: { ...admin.headers, 'if-match': `"${long}"` } }],
      [
        api,
        { headers: { cookie: Array.from({ length: 1_000 }, (_, i) => `c${i}=CF_Authorization`).join('; ') } },
      ],
      [`/${here.environmentId}/changes?key=${long}`, {}],
      [`/track?apikey=${long}&goalid=${long}`, {}],
      ...[
        '/get_evaluations',
        '/register_events',
        '/ofrep/v1/track',
        '/ofrep/v1/evaluate/flags',
        '/',
        '/v2/activate',
        `/v2/${here.environmentId}/campaigns`,
      ].flatMap((path) => [post(path, large), post(path, '{}', { 'x-api-key': long, ...bearer(long) })]),
      ...['flags', 'segments', 'apply', 'import/flagd', 'import/bucketeer', 'import/flagship-io'].map(
        (path) => [`${api}/${path}`, { method: 'POST', ...admin, body: large }] as const,
      ),
      [
        `${api}/segments/none/members`,
        { method: 'POST', headers: { ...admin.headers, 'content-type': 'text/plain' }, body: large },
      ],
    ]
    const report = await inLanes(probes, async ([path, init]) => {
      const answer = await ask(target, path, init)
      const isAnswered = answer.status >= 200 && answer.status < 300
      const isHarmless =
        /"flags":|"environment":/.test(answer.text) ||
        answer.text === '{}' ||
        answer.text.startsWith('<!doctype html')
      const complaint =
        generalComplaint(answer) ??
        (isAnswered && !isHarmless ? `took it: ${answer.text.slice(0, 100)}` : undefined)
      return complaint && `${init.method ?? 'GET'} ${path.slice(0, 60)}: ${complaint}`
    })
    const alive = await ask(target, '/healthz')
    const findings = alive.status === 200 ? report.findings : [...report.findings, 'the stack is gone']
    return { probes: report.probes, findings, seen: 'addresses and headers to 60 kB, bodies to 6 MB' }
  },
}

export const bodySections: readonly Section[] = [bodies, oversized]
