// What the runner asks of the admin API for operations and progressive rollouts.
import type * as z from 'zod'
import type { AllocationFacts, DynamicAllocation } from '../core/model/dynamic-allocation.ts'
import type { AllocationLook } from '../core/model/allocation-look.ts'
import type { HoldoutLook } from '../core/model/holdout-look.ts'
import type { Lease } from '../core/model/lease.ts'
import type { Operation, OperationFacts, OperationLook } from '../core/model/operation.ts'
import type { ProgressiveRollout, RolloutFacts, RolloutLook } from '../core/model/progressive-rollout.ts'
import { ok, type Result } from '../core/model/problem.ts'
import { AppliedOperation, type EntryOf, type ListName, StoredLooks } from './admin-api-schemas.ts'
import { type ApiResponse, type ApiResult, type Listing, type Sending, post } from './api-request.ts'
import { GrantedLease, type ReadLayer, type WatchedHoldout } from './automation-api-schemas.ts'
import type { Failure } from './failure.ts'

/** Control takes no more in one request. */
const looksPerRequest = 500

export interface OperationLookAt {
  readonly operationId: string
  readonly look: OperationLook
}

export interface RolloutLookAt {
  readonly rolloutId: string
  readonly look: RolloutLook
}

export interface HoldoutLookAt {
  readonly holdoutId: string
  readonly look: HoldoutLook
}

export interface AllocationLookAt {
  readonly allocationId: string
  readonly look: AllocationLook
}

export interface AutomationApi {
  operations(environmentId: string): ApiResult<Listing<Operation>>
  applyOperation(
    environmentId: string,
    operationId: string,
    facts: OperationFacts,
  ): ApiResult<AppliedOperation>
  /** Arms an operation again whose time to be quiet is over. False if it was armed already, or is not due. */
  armOperation(environmentId: string, operationId: string): ApiResult<boolean>
  /** A control one release back keeps no looks: then nothing happens. */
  storeLooks(environmentId: string, looks: readonly OperationLookAt[]): ApiResult<void>
  progressiveRollouts(environmentId: string): ApiResult<Listing<ProgressiveRollout>>
  confirmRollout(environmentId: string, rolloutId: string, facts: RolloutFacts): ApiResult<AppliedOperation>
  storeRolloutLooks(environmentId: string, looks: readonly RolloutLookAt[]): ApiResult<void>
  /** A control one release back has none. */
  layers(environmentId: string): ApiResult<Listing<ReadLayer>>
  /** A control one release back has none. */
  holdouts(environmentId: string): ApiResult<Listing<WatchedHoldout>>
  storeHoldoutLooks(environmentId: string, looks: readonly HoldoutLookAt[]): ApiResult<void>
  /** A control one release back has none. */
  dynamicAllocations(environmentId: string): ApiResult<Listing<DynamicAllocation>>
  moveAllocation(
    environmentId: string,
    allocationId: string,
    facts: AllocationFacts,
  ): ApiResult<AppliedOperation>
  storeAllocationLooks(environmentId: string, looks: readonly AllocationLookAt[]): ApiResult<void>
  /** For so many milliseconds from now; 0 gives it back. A control one release back grants all. */
  lease(environmentId: string, holder: string, forMs: number): ApiResult<Lease>
}

export interface AutomationPorts {
  readonly call: <T>(path: string, schema: z.ZodType<T>, body?: unknown, how?: Sending) => ApiResult<T>
  readonly list: <L extends ListName>(path: string, name: L) => ApiResult<Listing<EntryOf<L>>>
  readonly send: (path: string, body: unknown, how?: Sending) => ApiResult<ApiResponse>
  readonly refusal: (path: string, status: number, content: unknown) => Result<never, Failure>
  readonly unreadable: (path: string, error: z.ZodError) => Result<never, Failure>
  readonly environmentPath: (environmentId: string, ...rest: string[]) => string
}

export function automationApi(ports: AutomationPorts): AutomationApi {
  const { call, list, send, refusal, unreadable, environmentPath } = ports

  async function applyOperation(
    environmentId: string,
    operationId: string,
    facts: OperationFacts,
  ): ApiResult<AppliedOperation> {
    const path = environmentPath(environmentId, 'operations', operationId, 'apply')
    const applied = await call(path, AppliedOperation, facts)
    if (applied.ok || applied.problem.kind !== 'api-refused' || facts.verifiedUsers === undefined)
      return applied
    // A control one release back knows these two only.
    const { exposedUsers, goalUsers } = facts
    return call(path, AppliedOperation, { exposedUsers, goalUsers })
  }

  async function armOperation(environmentId: string, operationId: string): ApiResult<boolean> {
    const path = environmentPath(environmentId, 'operations', operationId, 'arm')
    const armed = await call(`${path}?whenQuiet=true`, AppliedOperation, undefined, post)
    return armed.ok ? ok(armed.value.changed) : armed
  }

  async function storeAll(path: string, looks: readonly unknown[]): ApiResult<void> {
    for (let from = 0; from < looks.length; from += looksPerRequest) {
      const sent = await send(path, { looks: looks.slice(from, from + looksPerRequest) })
      if (!sent.ok) return sent
      const { status, content } = sent.value
      if (status === 404) return ok(undefined)
      if (status >= 300) return refusal(path, status, content)
      const parsed = StoredLooks.safeParse(content)
      if (!parsed.success) return unreadable(path, parsed.error)
    }
    return ok(undefined)
  }

  async function lease(environmentId: string, holder: string, forMs: number): ApiResult<Lease> {
    const path = environmentPath(environmentId, 'leases', 'operations')
    const sent = await send(path, { holder, forMs }, { ...post, method: 'PUT' })
    if (!sent.ok) return sent
    const { status, content } = sent.value
    if (status === 404) return ok({ granted: true, holder, until: Infinity })
    if (status >= 300) return refusal(path, status, content)
    const parsed = GrantedLease.safeParse(content)
    return parsed.success ? ok(parsed.data) : unreadable(path, parsed.error)
  }

  async function listIfKnown<L extends ListName>(environmentId: string, plural: string, name: L) {
    const path = environmentPath(environmentId, plural)
    const known = await send(`${path}?limit=1`, undefined)
    if (known.ok && known.value.status === 404) return ok({ entries: [], unknown: [] })
    return list(path, name)
  }

  return {
    operations: (environmentId) => list(environmentPath(environmentId, 'operations'), 'operations'),
    applyOperation,
    armOperation,
    storeLooks: (environmentId, looks) => storeAll(environmentPath(environmentId, 'operation-looks'), looks),
    progressiveRollouts: (environmentId) =>
      list(environmentPath(environmentId, 'progressive-rollouts'), 'progressiveRollouts'),
    confirmRollout: (environmentId, rolloutId, facts) =>
      call(
        environmentPath(environmentId, 'progressive-rollouts', rolloutId, 'confirm'),
        AppliedOperation,
        facts,
      ),
    storeRolloutLooks: (environmentId, looks) =>
      storeAll(environmentPath(environmentId, 'progressive-rollout-looks'), looks),
    layers: (environmentId) => listIfKnown(environmentId, 'layers', 'layers'),
    holdouts: (environmentId) => listIfKnown(environmentId, 'holdouts', 'holdouts'),
    storeHoldoutLooks: (environmentId, looks) =>
      storeAll(environmentPath(environmentId, 'holdout-looks'), looks),
    dynamicAllocations: (environmentId) =>
      listIfKnown(environmentId, 'dynamic-allocations', 'dynamicAllocations'),
    moveAllocation: (environmentId, allocationId, facts) =>
      call(
        environmentPath(environmentId, 'dynamic-allocations', allocationId, 'move'),
        AppliedOperation,
        facts,
      ),
    storeAllocationLooks: (environmentId, looks) =>
      storeAll(environmentPath(environmentId, 'dynamic-allocation-looks'), looks),
    lease,
  }
}
