// Which environments are told of a run that ended without a word.
import { describe, expect, it } from 'vitest'
import { ok } from '../../core/model/problem.ts'
import type { KnownJob } from '../admin-api-schemas.ts'
import { exitCodes } from '../failure.ts'
import { defaultSchedules, type JobName } from './schedule.ts'
import { tellUnfinished } from './tell-unfinished.ts'
import type { Run } from './timetable.ts'

const startedAt = 5_000
const crash: Run = { startedAt, durationMs: 40, outcome: 'crash', exitCode: null }

/** `a` was told of an earlier run, `b` of this one, `c` of none; `d` is archived. */
async function told(job: JobName, run: Run, message?: string, environmentId?: string) {
  const reports: unknown[] = []
  const runs: Record<string, number> = { a: startedAt - 1, b: startedAt + 1 }
  const api: Parameters<typeof tellUnfinished>[4] = {
    environments: () =>
      Promise.resolve(
        ok(['a', 'b', 'c', 'd'].map((id) => ({ id, name: id, revision: 1, archived: id === 'd' }))),
      ),
    jobs: (id) =>
      Promise.resolve(ok(id in runs ? [{ job, startedAt: runs[id] } as KnownJob] : ([] as KnownJob[]))),
    reportJob: (id, name, { failures, ...rest }) => {
      reports.push([id, name, failures[0], rest.startedAt])
      return Promise.resolve(ok(undefined))
    },
  }
  const schedule = defaultSchedules.find((each) => each.job === job)!
  expect(await tellUnfinished(schedule, run, message, environmentId, api)).toMatchObject({ ok: true })
  return reports
}

describe('of a run that ended without a word', () => {
  it('those are told that did not have their turn', async () => {
    expect(await told('retain', crash)).toEqual([
      ['a', 'retain', 'a: the run ended without a result (crash, exit code null)', startedAt],
      ['c', 'retain', 'c: the run ended without a result (crash, exit code null)', startedAt],
    ])
  })

  it('they are told what it said of itself', async () => {
    const run: Run = { ...crash, outcome: 'failed', exitCode: exitCodes['stan-missing'] }
    expect(await told('experiments', run, 'There is no Stan.', 'c')).toEqual([
      ['c', 'experiments', 'c: There is no Stan.', startedAt],
    ])
  })

  it('they are told what they cannot begin with', async () => {
    const run: Run = { ...crash, outcome: 'failed', exitCode: exitCodes.usage }
    const message = 'TACKLINE_CLICKHOUSE_CA cannot be read.'
    expect(await told('operations', run, message, 'a')).toEqual([
      ['a', 'operations', `a: ${message}`, startedAt],
    ])
  })

  it.each([exitCodes.job, exitCodes['api-unreachable'], exitCodes['api-refused']])(
    'nobody is told if each was, or none can be: %s',
    async (exitCode) =>
      expect(await told('operations', { ...crash, outcome: 'failed', exitCode })).toEqual([]),
  )

  it('nobody is told of replay, which is of no environment', async () =>
    expect(await told('replay', crash)).toEqual([]))
})
