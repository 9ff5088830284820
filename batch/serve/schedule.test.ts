import { describe, expect, it } from 'vitest'
import { readServeOptions } from './main.ts'
import { readSchedules } from './schedule.ts'

const everyOf = (texts: readonly string[]) => {
  const read = readSchedules(texts)
  return read.ok ? read.value.map(({ job, everyMs }) => `${job} ${everyMs / 1_000}`) : read.problem.message
}

describe('schedules', () => {
  it('have defaults, can be changed one by one, and be off', () => {
    expect(everyOf([])).toEqual([
      'operations 15',
      'experiments 600',
      'compact 3600',
      'retain 86400',
      'replay 3600',
    ])
    expect(everyOf(['operations=5s', 'experiments=2h', 'compact=off', 'replay=7d'])).toEqual([
      'operations 5',
      'experiments 7200',
      'retain 86400',
      'replay 604800',
    ])
  })

  it.each([
    [['compaction=1h'], /JOB is operations, experiments, compact, retain, replay, not 'compaction=1h'/],
    [['compact'], /from 5s to 7d.*not 'compact'/],
    [['compact=1'], /not 'compact=1'/],
    [['compact=1.5h'], /not 'compact=1.5h'/],
    [['compact=-1h'], /not 'compact=-1h'/],
    [['operations=4s'], /from 5s/],
    [['compact=8d'], /to 7d/],
    [['operations=31m'], /every 30m or more often/],
    [['operations=1h=2h'], /JOB=DURATION/],
    [['operations=off', 'experiments=off', 'compact=off', 'retain=off', 'replay=off'], /nothing to run/],
  ])('refuse %s', (texts, message) => {
    expect(everyOf(texts)).toMatch(message)
  })
})

describe('the options of serve', () => {
  it('name the environment to each job, and leave replay out for one environment', () => {
    const read = readServeOptions(['--environment', 'shop', '--engine', 'exact', '--listen', '[::1]:0'])
    if (!read.ok) throw new Error(read.problem.message)
    const { schedules, args, host, port } = read.value
    expect(schedules.map(({ job }) => job)).toEqual(['operations', 'experiments', 'compact', 'retain'])
    expect(args('operations')).toEqual(['--environment', 'shop'])
    expect(args('experiments')).toEqual(['--environment', 'shop', '--engine', 'exact'])
    expect([host, port]).toEqual(['::1', 0])
  })

  it.each([
    [['--listen', '9464'], /--listen takes HOST:PORT/],
    [['--listen', 'localhost:70000'], /--listen takes HOST:PORT/],
    [['--engine', 'r'], /There is no engine called r/],
    [['--evry', 'compact=1h'], /Unknown option '--evry'/],
    [
      [
        '--environment',
        'e',
        '--every',
        'operations=off',
        '--every',
        'experiments=off',
        '--every',
        'compact=off',
        '--every',
        'retain=off',
      ],
      /replay takes no --environment/,
    ],
  ])('refuse %s', (args, message) => {
    const read = readServeOptions(args)
    expect(read).toMatchObject({
      ok: false,
      problem: { kind: 'usage', message: expect.stringMatching(message) },
    })
  })
})
