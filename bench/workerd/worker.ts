// Runs our contenders and the floors inside workerd. A Worker's clock stands still while it computes, so the
// caller takes the time: `/users` prepares untimed, `/decide` decides many times.
import type { Contender, Decide, PreparedWorkload } from '../contender.ts'
import { contender as floor } from '../contenders/floor.ts'
import { contender as floorPrepared } from '../contenders/floor-prepared.ts'
import { contender as tacklineFine } from '../contenders/tackline-fine.ts'
import { contender as tacklinePercent } from '../contenders/tackline-percent.ts'
import { spend } from '../timing.ts'
import { anew, users } from '../users.ts'
import { workload, type WorkloadName } from '../workloads.ts'

const contenders: Readonly<Record<string, Contender>> = {
  floor,
  'floor-prepared': floorPrepared,
  'tackline-percent': tacklinePercent,
  'tackline-fine': tacklineFine,
}

/** State of the process. It serves one caller, one request at a time. */
const prepared = new Map<string, PreparedWorkload>()
let decide: Decide = () => undefined
let people = users()

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/users') {
      const wanted = Number(searchParams.get('people'))
      people = anew(Array.from({ length: wanted }, (_, i) => people[i % people.length]!))
      decide = await (
        await preparedFor(searchParams.get('contender')!, searchParams.get('workload')!)
      ).takeUsers(people)
    } else {
      await spend(decide, people.length, Number(searchParams.get('calls')))
    }
    return new Response()
  },
}

async function preparedFor(name: string, workloadName: string): Promise<PreparedWorkload> {
  const key = `${name} ${workloadName}`
  const known = prepared.get(key) ?? (await contenders[name]!.prepare(workload(workloadName as WorkloadName)))
  prepared.set(key, known)
  return known
}
