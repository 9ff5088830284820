// A Vitest reporter that ends a run with one line, `N passed, N failed`. Files that do not load, errors
// outside of tests and runs without tests count as failures. Under scripts/test.ts the line goes to a file,
// and that script prints it last.
import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    )
    const count = (state: string) => states.filter((other) => other === state).length

    const passed = count('passed')
    const skipped = count('skipped')
    const broken = modules.filter((module) => module.errors().length > 0).length
    // A test still pending at the end never finished: it counts as failed, not as skipped.
    const unfinished = states.length - passed - skipped - count('failed')
    const failed = count('failed') + broken + brokenSuites(modules) + unhandled.length + unfinished
    const nothingRan = passed + failed === 0

    if (nothingRan) console.error('No test ran.')
    if (nothingRan || failed > 0) process.exitCode = 1
    const line = summaryLine({ passed, failed: nothingRan ? 1 : failed, skipped })
    const file = process.env['TACKLINE_TEST_SUMMARY']
    if (file) writeFileSync(file, line)
    else console.log(line)
  }
}

export function summaryLine({
  passed,
  failed,
  skipped,
}: {
  passed: number
  failed: number
  skipped: number
}) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** Suites whose hooks failed, for instance a `beforeAll` that threw. */
function brokenSuites(modules: readonly TestModule[]): number {
  return modules
    .flatMap((module) => [...module.children.allSuites()])
    .filter((suite) => suite.errors().length > 0).length
}
