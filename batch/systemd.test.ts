// The units for systemd: each job of `serve` has a timer, and ends in time. No systemd runs here.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from './configuration.ts'
import { noEventsExitCode } from './exit-code.ts'
import { defaultSchedules, jobNames } from './serve/schedule.ts'

const folder = path.join(import.meta.dirname, 'systemd')
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8')
const valueOf = (unit: string, name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]
const [server, job] = [read('tackline-runner.service'), read('tackline-job@.service')]

/** From the reason for them to the last of what takes rights away. */
const limitsOf = (unit: string) => /^# It reads its code[\s\S]*?^SystemCallErrorNumber=.*$/m.exec(unit)?.[0]

/** Of systemd's spans, those that are written here. */
const spanMs = (text = '') => {
  const [, count, unit] = /^(\d+)(min|h)$/.exec(text) ?? []
  return Number(count) * (unit === 'h' ? 3_600_000 : 60_000)
}

describe('the units for systemd', () => {
  it('run the same program on the same cache, with the same rights', () => {
    const command = (unit: string) => valueOf(unit, 'ExecStart')?.split(' batch/cli.ts ')
    expect(command(server)).toEqual([expect.stringMatching(/^\/usr\/bin\/env node /), 'serve'])
    expect(command(job)).toEqual([command(server)?.[0], '%i --json'])
    expect(limitsOf(server)).toContain('CapabilityBoundingSet=\n')
    expect(limitsOf(job)).toBe(limitsOf(server))
    for (const name of ['WorkingDirectory', 'StateDirectory', 'EnvironmentFile', 'DynamicUser'])
      expect(valueOf(job, name), name).toBe(valueOf(server, name))
  })

  it('give each job a timer, and end it no later than serve would', () => {
    const timers = readdirSync(folder).filter((file) => file.endsWith('.timer'))
    expect(timers.toSorted()).toEqual(jobNames.map((name) => `tackline-${name}.timer`).toSorted())
    for (const { job: name, timeoutMs } of defaultSchedules) {
      const timer = read(`tackline-${name}.timer`)
      expect(valueOf(timer, 'Unit')).toBe(`tackline-job@${name}.service`)
      expect(valueOf(timer, 'WantedBy')).toBe('timers.target')
      const own = `tackline-job@${name}.service.d/timeout.conf`
      const unit = existsSync(path.join(folder, own)) ? read(own) : job
      expect(spanMs(valueOf(unit, 'TimeoutStartSec')), name).toBeLessThanOrEqual(timeoutMs)
      expect(readCommandLine([name, '--json'])).toMatchObject({ ok: true, value: { print: 'json' } })
    }
    expect(valueOf(job, 'SuccessExitStatus')).toBe(String(noEventsExitCode))
  })
})
