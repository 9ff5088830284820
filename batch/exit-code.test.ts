import { describe, expect, it } from 'vitest'
import { watch } from '../core/model/operation-watch.ts'
import { experiment, killSwitch } from '../test/support/simulated-shop.ts'
import { exitCodeOf, noEventsExitCode } from './exit-code.ts'
import type { FailureKind } from './failure.ts'
import type { RunEvent } from './run-event.ts'

const failed = (kind: FailureKind, subject = 'demo/button'): RunEvent => ({
  kind: 'failed',
  subject,
  failure: { kind, message: 'No.' },
})
const engine: RunEvent = { kind: 'engine', engine: 'exact', passedOver: [] }
const noEvents: RunEvent = {
  kind: 'no-events',
  environmentId: 'demo',
  experiment: experiment(),
  goalKey: 'purchase',
}
const watched: RunEvent = {
  kind: 'watched',
  environmentId: 'demo',
  operation: killSwitch(),
  ...watch(killSwitch(), [], 0),
}
const concluded = { kind: 'concluded', environmentId: 'demo', goalKey: 'purchase' } as RunEvent
const skipped: RunEvent = {
  kind: 'skipped',
  environmentId: 'demo',
  work: 'experiments',
  id: 'holdout',
  reason: 'its kind "holdout" is unknown to this release',
}

describe('the exit code', () => {
  it.each<[string, RunEvent[], number]>([
    ['nothing happened', [], 0],
    ['all was done', [watched, engine, concluded], 0],
    ['an entry was skipped', [skipped, engine], 0],
    ['all experiments wait for events', [watched, engine, noEvents], noEventsExitCode],
    ['one experiment waits and another was concluded', [engine, noEvents, concluded], 0],
    ['the whole run failed', [failed('api-unreachable', '')], 5],
    ['Stan is missing, although operations were done', [watched, failed('stan-missing', '')], 4],
    ['everything failed for one reason', [failed('lake-unreachable'), failed('lake-unreachable')], 7],
    ['ClickHouse refused everything', [failed('clickhouse-refused')], 11],
    ['ClickHouse was away', [failed('clickhouse-unreachable')], 10],
    ['the failures differ', [failed('lake-unreachable'), failed('job')], 8],
    ['one failed and another was done', [watched, failed('lake-unreachable')], 8],
    ['one failed by a bug, and another was done', [watched, failed('job'), failed('bug')], 1],
    ['one failed and another waits', [failed('lake-unreachable'), noEvents], 8],
  ])('if %s', (_, events, code) => expect(exitCodeOf(events)).toBe(code))
})
