// What the runner says of its work, as it goes: one value per experiment and goal, per operation, and per
// failure.
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import type { Experiment } from '../core/model/experiment.ts'
import type { Operation, OperationFacts } from '../core/model/operation.ts'
import type { Failure } from './failure.ts'
import type { EngineChoice } from './stan/engine.ts'

interface OfExperiment {
  readonly environmentId: string
  readonly experiment: Experiment
}

interface OfOperation {
  readonly environmentId: string
  readonly operation: Operation
}

export type Report =
  | {
      readonly kind: 'engine'
      readonly engine: Exclude<EngineChoice, 'auto'>
      readonly passedOver: readonly string[]
    }
  /** Nothing of this sort is there to be done. */
  | { readonly kind: 'idle'; readonly environmentId: string; readonly work: 'experiments' | 'operations' }
  | (OfExperiment & { readonly kind: 'not-started' })
  /** Stopped, and its rollout is gone: the last result stands. */
  | (OfExperiment & { readonly kind: 'settled' })
  | (OfExperiment & { readonly kind: 'no-events'; readonly goalKey: string })
  | (OfExperiment & {
      readonly kind: 'concluded'
      readonly goalKey: string
      readonly result: ExperimentResult
    })
  /** Looked at, and not due. */
  | (OfOperation & { readonly kind: 'watched'; readonly facts: OperationFacts })
  /** `changed` is false where somebody applied it before us. */
  | (OfOperation & {
      readonly kind: 'applied'
      readonly facts: OperationFacts
      readonly revision: number
      readonly changed: boolean
    })
  | {
      readonly kind: 'failed'
      /** Slash-separated: environment, experiment or operation, goal; empty for the run as a whole. */
      readonly subject: string
      readonly failure: Failure
    }

export type Tell = (report: Report) => void
