// The CPU time of OFREP's response for a hundred flags after the body is read, and the part of it that the
// entity tag takes. Prints Markdown. `npm run bench:edge` measures whole requests through workerd.
import { evaluateAll } from '../../core/evaluation/evaluate.ts'
import { noUnit } from '../../core/evaluation/exposed-unit.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { type BulkRequest, type ExposureSigner, bulkResponse } from '../../workers/protocols/ofrep/bulk.ts'
import { tagOf } from '../../workers/protocols/ofrep/bulk-text.ts'
import { signToken } from '../../workers/protocols/ofrep/exposure-token.ts'
import { evaluationText } from '../../workers/protocols/ofrep/translate.ts'
import { median, short } from '../numbers.ts'
import { toSnapshot } from '../tackline.ts'
import { cpuNanoseconds } from '../timing.ts'
import { users } from '../users.ts'
import { slice, workload } from '../workloads.ts'

const flags = 100
const rounds = 15
const callsARound = 2_000
const compiled = compile(toSnapshot(slice(workload('W4'), flags).flags, 'percent'))
const people = users()
  .slice(0, 200)
  .map((user) => ({ targetingKey: user.id, attributes: { ...user } }))
const key = { id: 'client', role: 'client', sha256: '' } as const
const authenticated = { compiled, key, apiKey: `tl_client_bench_${'c'.repeat(48)}`, body: undefined }
const ports = { assignments: { read: () => Promise.resolve(undefined), keep: () => undefined } }
const bulkOf = (i: number, signs: boolean): BulkRequest => {
  const context = people[i % people.length]!
  const { targetingKey } = context
  const holder = { environmentId: compiled.environmentId, targetingKey }
  const signer: ExposureSigner | undefined = signs
    ? { sign: (each) => signToken('secret', each, noUnit, holder, 0), unitTag: () => '' }
    : undefined
  return { ports, authenticated, context, requestContext: {}, signer, now: 0 }
}
const none = new Headers()
const tags = await Promise.all(
  people.map(async (_, i) => {
    const etag = (await bulkResponse(bulkOf(i, false), none)).headers.get('etag')!
    return new Headers({ 'if-none-match': etag })
  }),
)
const written = people.map((context) =>
  evaluateAll(compiled, context).map((each) => evaluationText(each, compiled)),
)
const tail = ',"metadata":{"flagSetId":"bench","version":"1","contextId":"00000000000000000000000000000000"}'
let kept = 0

const cases: Record<string, (i: number) => Promise<unknown> | undefined> = {
  'the answer, 200': async (i) => (await bulkResponse(bulkOf(i, false), none)).text(),
  'the answer, 304': (i) => bulkResponse(bulkOf(i, false), tags[i % tags.length]!),
  'the tag alone': (i) => void (kept += tagOf(written[i % written.length]!, tail).length),
  'the answer with exposure tokens, 200': async (i) => (await bulkResponse(bulkOf(i, true), none)).text(),
}

const taken = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
for (let round = -3; round < rounds; round++) {
  for (const [name, work] of Object.entries(cases)) {
    const calls = name.includes('tokens') ? callsARound / 20 : callsARound
    const spent = await cpuNanoseconds(async () => {
      for (let i = 0; i < calls; i++) {
        const answered = work(i)
        if (answered) await answered
      }
    })
    if (round >= 0) taken.get(name)!.push(spent / calls / 1_000)
  }
}
if (kept === 0) throw new Error('no tag was made')
const whole = median(taken.get('the answer, 200')!)
console.log(`| ${flags} flags of W4 | CPU | of the answer |\n| --- | ---: | ---: |`)
for (const [name, spent] of taken) {
  const cost = median(spent)
  console.log(`| ${name} | ${short(cost)} µs | ${Math.round((100 * cost) / whole)} % |`)
}
