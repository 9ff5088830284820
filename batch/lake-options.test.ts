import { describe, expect, it } from 'vitest'
import { readCommandLine } from './configuration.ts'

const orderOf = (line: string) => {
  const read = readCommandLine(line.split(' '))
  return read.ok ? read.value.lakeOrder : read.problem.message.split('\n')[0]
}

describe('work on the lake', () => {
  it.each([
    ['compact --dry-run', { work: 'compact' }],
    ['retain', { work: 'retain', retention: undefined }],
    ['retain --older-than 400', { work: 'retain', retention: { allDays: 400, kindDays: {} } }],
    [
      'retain --older-than 9 --kind tracking',
      { work: 'retain', retention: { allDays: undefined, kindDays: { tracking: 9 } } },
    ],
    ['forget --environment demo --key a --key b --key a', { work: 'forget', targetingKeys: ['a', 'b'] }],
    [
      'export --environment demo --from 2026-11-01 --to 2026-11-02 --output a.ndjson',
      {
        work: 'export',
        window: { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 3) },
        format: 'ndjson',
        output: 'a.ndjson',
      },
    ],
    ['experiments', undefined],
  ])('%s', (line, order) => expect(orderOf(line)).toEqual(order))

  it.each([
    ['retain --kind tracking', '--kind goes with --older-than DAYS'],
    ['retain --older-than 0', 'at least 1'],
    ['retain --older-than soon', 'a whole number'],
    ['retain --older-than 9 --kind exposures', 'There is no --kind exposures; there are: exposure, tracking'],
    ['forget --key a', 'forget needs --environment ID'],
    ['forget --environment demo', 'forget needs --key'],
    ['forget --environment demo --key=', 'not empty'],
    ['export --environment demo --output a --from 2026-11-02 --to 2026-11-01', '--from DAY and --to DAY'],
    ['export --environment demo --output a --from 2026-02-31 --to 2026-11-01x', '--from DAY and --to DAY'],
    ['export --environment demo --output a --from 2026-02-30 --to 2026-11-01', '--from DAY and --to DAY'],
    ['export --environment demo --output a --format csv', 'There is no --format csv'],
    ['compact --key a', 'compact takes no --key'],
    ['experiments --older-than 3', 'experiments takes no --older-than'],
    ['experiments --dry-run', '--dry-run goes with'],
  ])('%s is refused', (line, sentence) => expect(orderOf(line)).toContain(sentence))
})
