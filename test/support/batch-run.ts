// One run of the batch runner against a simulated stack, by a line as it is typed: real HTTP and ClickHouse.
import { readCommandLine, readConfiguration } from '../../batch/configuration.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import { runBatch } from '../../batch/run.ts'
import { ExperimentResult } from '../../core/model/experiment-result.ts'
import { StoredResult } from '../../core/model/stored-result.ts'
import { checkout } from './simulated-shop.ts'
import { type SimulatedState, simulatedToken, startSimulatedStack } from './simulated-stack.ts'

export interface BatchRun {
  readonly code: number
  readonly events: readonly RunEvent[]
  /** As the admin API stores and lists them: newest first. */
  readonly results: readonly ExperimentResult[]
  /** Each with its experiment's id. */
  readonly concluded: readonly (readonly [string, ExperimentResult])[]
  readonly failures: readonly RunEvent[]
}

/** `cache`: the folder of the lake's cache. */
export async function batchRun(
  line: string,
  state: Partial<SimulatedState>,
  { cache, now }: { readonly cache: string; readonly now: number },
): Promise<BatchRun> {
  const stack = await startSimulatedStack({ flags: [checkout], ...state })
  try {
    const variables = {
      TACKLINE_URL: stack.url,
      TACKLINE_TOKEN: simulatedToken,
      TACKLINE_LAKE_CACHE: cache,
    }
    const configuration = readConfiguration(variables, undefined)
    const options = readCommandLine(line.split(' '))
    if (!configuration.ok || !options.ok) throw new Error('The line cannot be read.')
    const events: RunEvent[] = []
    const code = await runBatch(options.value, {
      configuration: configuration.value,
      variables: {},
      now,
      onEvent: (event) => events.push(event),
    })
    return {
      code,
      events,
      results: stack.posts.map(({ body }) => ExperimentResult.parse(StoredResult.parse(body))).toReversed(),
      concluded: events.flatMap((event) =>
        event.kind === 'concluded' ? [[event.experiment.id, event.result] as const] : [],
      ),
      failures: events.filter(({ kind }) => kind === 'failed'),
    }
  } finally {
    await stack.close()
  }
}
