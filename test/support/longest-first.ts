// Runs the files that take long before the others of their group, so that none of them is alone at the end
// while the other cores idle. Vitest itself knows how long a file took only where it ran before.
import path from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** More than half a minute on two cores, the longest first. One that is not named is only late, not wrong. */
export const longFiles: readonly string[] = [
  'workers/streams/hibernation.workerd.test.ts',
  'batch/jobs/compact.test.ts',
  'batch/counting/kept-counts.test.ts',
  'batch/counting/kept-metric.test.ts',
  'workers/control/auth/access.test.ts',
  'batch/run-replay.test.ts',
  'analytics/sql/operation-minutes.test.ts',
  'analytics/sql/metric.test.ts',
  'test/e2e/bad-input.test.ts',
  'test/e2e/console-journeys.test.ts',
  'test/e2e/console-changes.test.ts',
  'test/e2e/chaos-events.test.ts',
  'test/e2e/console-edits.test.ts',
  'test/e2e/chaos.test.ts',
  'test/e2e/backup.test.ts',
  'test/e2e/console-merge.test.ts',
  'test/sdk/cloudflare-import.test.ts',
  'test/sdk/flagship-faults.test.ts',
  'test/security/attack.test.ts',
  'test/e2e/unknown-environments.test.ts',
  'test/e2e/first-hour.test.ts',
  'test/e2e/console-setup.test.ts',
  'test/e2e/golden.test.ts',
  'test/e2e/webhooks-kill.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/start.test.ts',
  'test/e2e/restore.test.ts',
  'test/e2e/kill.test.ts',
  'test/sdk/flagship-browser.test.ts',
  'test/e2e/webhooks.test.ts',
  'test/e2e/progressive-rollouts.test.ts',
  'test/e2e/deploy-dialogue.test.ts',
  'test/e2e/readme.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const place = ({ moduleId, project }: TestSpecification) => {
      const at = longFiles.indexOf(path.relative(project.config.root, moduleId))
      return at < 0 ? longFiles.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => group(a) - group(b) || place(a) - place(b))
  }
}
