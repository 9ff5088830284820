// What happens in a run: one event for each experiment and goal, each operation and each failure. The command
// line prints them as text or JSON; the exit code is computed from them.
import type { AllocationFacts, DynamicAllocation } from '../core/model/dynamic-allocation.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import type { Experiment } from '../core/model/experiment.ts'
import type { Operation, OperationFacts, OperationLook } from '../core/model/operation.ts'
import type { ProgressiveRollout, RolloutFacts } from '../core/model/progressive-rollout.ts'
import type { KnownJob } from './admin-api-schemas.ts'
import type { Failure } from './failure.ts'
import type { Reproduction } from './reproduce/differences.ts'
import type { LakeEvent } from './lake-event.ts'
import type { DamagedObject } from './lake/objects.ts'
import type { EngineChoice } from './stan/engine.ts'

interface ExperimentEvent {
  readonly environmentId: string
  readonly experiment: Experiment
}

interface OperationEvent {
  readonly environmentId: string
  readonly operation: Operation
}

interface LookEvent extends OperationEvent {
  readonly facts: OperationFacts
  readonly look: OperationLook
}

export type RunEvent =
  | LakeEvent
  | {
      readonly kind: 'engine'
      readonly engine: Exclude<EngineChoice, 'auto'>
      /** Why better engines were not taken: one sentence each. */
      readonly passedOver: readonly string[]
    }
  /** It accepts no changes, so nothing is counted and nothing fails. */
  | { readonly kind: 'archived'; readonly environmentId: string }
  /** A committed revision that could not be published: edge decides by an older one. */
  | {
      readonly kind: 'unpublished'
      readonly environmentId: string
      readonly revision: number
      /** Epoch milliseconds of the first attempt. */
      readonly since: number
      readonly attempts: number
    }
  /** The environment has no open experiment, or no active operation. */
  | { readonly kind: 'idle'; readonly environmentId: string; readonly work: 'experiments' | 'operations' }
  /** By its own times: it runs, or has stopped. */
  | (ExperimentEvent & { readonly kind: 'advanced' })
  | (ExperimentEvent & { readonly kind: 'not-started' })
  /** Stopped, and its rollout is gone: the last result stands. */
  | (ExperimentEvent & { readonly kind: 'settled' })
  | (ExperimentEvent & { readonly kind: 'no-events'; readonly goalKey: string })
  | (ExperimentEvent & {
      readonly kind: 'concluded'
      readonly goalKey: string
      readonly result: ExperimentResult
    })
  /** An experiment or operation that a later release of control added and this runner does not understand. */
  | {
      readonly kind: 'skipped'
      readonly environmentId: string
      readonly work: 'experiments' | 'operations'
      readonly id: string
      readonly reason: string
    }
  /** Named once a run. The other objects are counted, and results are red. */
  | { readonly kind: 'damaged'; readonly environmentId: string; readonly object: DamagedObject }
  /** All was counted anew. `differing` questions had other figures in the counts that were kept. */
  | {
      readonly kind: 'recounted'
      readonly environmentId: string
      readonly questions: number
      readonly differing: number
    }
  /** A stored result was computed again; nothing differs if both lists are empty. */
  | (Reproduction & {
      readonly kind: 'reproduced'
      readonly environmentId: string
      readonly experimentId: string
      readonly goalKey: string
    })
  | {
      readonly kind: 'bundled'
      readonly environmentId: string
      readonly file: string
      readonly bytes: number
    }
  /** A dead letter whose records are all in the lake now. */
  | { readonly kind: 'replayed'; readonly key: string; readonly records: number }
  | { readonly kind: 'nothing-to-replay' }
  /** The newest run of a job, by any runner. */
  | { readonly kind: 'job'; readonly environmentId: string; readonly job: KnownJob }
  | { readonly kind: 'never-run'; readonly environmentId: string }
  /** Counted, and not due. */
  | (LookEvent & { readonly kind: 'watched' })
  /** Another runner works on the operations, until `until` (epoch milliseconds) unless it goes on. */
  | {
      readonly kind: 'leased'
      readonly environmentId: string
      readonly holder: string
      readonly until: number
    }
  /** A step of a progressive rollout has the users that it waited for. */
  | {
      readonly kind: 'confirmed'
      readonly environmentId: string
      readonly rollout: ProgressiveRollout
      readonly facts: RolloutFacts
      readonly revision: number
      readonly changed: boolean
    }
  /** Its shares stay for now. */
  | {
      readonly kind: 'not-moved'
      readonly environmentId: string
      readonly allocation: DynamicAllocation
      readonly reason: string
    }
  /** `changed` is false if the shares were right already. */
  | {
      readonly kind: 'moved'
      readonly environmentId: string
      readonly allocation: DynamicAllocation
      readonly facts: AllocationFacts
      readonly revision: number
      readonly changed: boolean
    }
  /** Its time to be quiet is over: it watches again, from now on. */
  | (OperationEvent & { readonly kind: 'armed' })
  /** `changed` is false if somebody else had applied it already. */
  | (LookEvent & {
      readonly kind: 'applied'
      readonly revision: number
      readonly changed: boolean
    })
  | {
      readonly kind: 'failed'
      /** Slash-separated: environment, experiment or operation, goal. Empty if the whole run failed. */
      readonly subject: string
      readonly failure: Failure
    }
