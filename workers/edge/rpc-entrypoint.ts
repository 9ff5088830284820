// Decisions for other Workers of the account, over RPC. Only the account's owner can create a binding, so it
// needs no key: it names its environment. Nothing throws: a flag that cannot be decided answers the caller's
// default and an error code.
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import type { Evaluation } from '../../core/evaluation/evaluation.ts'
import type { Problem } from '../../core/model/problem.ts'
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { readEnvironment } from '../sdk/authenticate.ts'
import { decideAll, decideOne } from '../sdk/decide.ts'
import { flagMetadataOf } from '../sdk/flag-metadata.ts'
import { statusOf } from '../http/problem-response.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { Ports } from '../contracts/ports.ts'
import type { FlagContext, FlagDetails, FlagValue, FlagsProps, FlagsRpc } from './rpc-types.ts'
import { type ObservedContext, type Sinks, record } from './telemetry.ts'

export function flagsEntrypoint(ports: Ports, sinks: Sinks) {
  return class Flags extends WorkerEntrypoint<unknown, FlagsProps> implements FlagsRpc {
    getBooleanDetails(flagKey: string, defaultValue: boolean, context?: FlagContext) {
      return this.#details(flagKey, defaultValue, isBoolean, context)
    }
    getStringDetails(flagKey: string, defaultValue: string, context?: FlagContext) {
      return this.#details(flagKey, defaultValue, isText, context)
    }
    getNumberDetails(flagKey: string, defaultValue: number, context?: FlagContext) {
      return this.#details(flagKey, defaultValue, isNumber, context)
    }
    getObjectDetails<T extends FlagValue>(flagKey: string, defaultValue: T, context?: FlagContext) {
      return this.#details(flagKey, defaultValue, isStructure<T>, context)
    }
    async getBooleanValue(flagKey: string, defaultValue: boolean, context?: FlagContext) {
      return (await this.getBooleanDetails(flagKey, defaultValue, context)).value
    }
    async getStringValue(flagKey: string, defaultValue: string, context?: FlagContext) {
      return (await this.getStringDetails(flagKey, defaultValue, context)).value
    }
    async getNumberValue(flagKey: string, defaultValue: number, context?: FlagContext) {
      return (await this.getNumberDetails(flagKey, defaultValue, context)).value
    }
    async getObjectValue<T extends FlagValue>(flagKey: string, defaultValue: T, context?: FlagContext) {
      return (await this.getObjectDetails(flagKey, defaultValue, context)).value
    }
    evaluateAll(context?: FlagContext) {
      return this.#decide<FlagDetails<FlagValue>[]>(
        async (compiled, requestContext) => {
          const { evaluations } = await decideAll(ports, compiled, toContext(context))
          requestContext.decisions = evaluations.length
          return evaluations.map((evaluation) => fromEvaluation(evaluation, null, isAnything))
        },
        () => [],
      )
    }

    #details<T extends FlagValue>(
      flagKey: string,
      defaultValue: T,
      isRight: Check<T>,
      context: FlagContext | undefined,
    ): Promise<FlagDetails<T>> {
      return this.#decide(
        async (compiled, requestContext) => {
          const { evaluation } = await decideOne(ports, compiled, toContext(context), flagKey)
          requestContext.decisions = 1
          return fromEvaluation(evaluation, defaultValue, isRight)
        },
        ({ message }) => failed(flagKey, defaultValue, 'PROVIDER_NOT_READY', message),
      )
    }

    /** Decides from the environment's snapshot, then logs and counts the call like an HTTP request. */
    async #decide<T>(
      decide: (compiled: CompiledSnapshot, requestContext: RequestContext) => Promise<T>,
      without: (problem: Problem) => T,
    ): Promise<T> {
      const requestContext: ObservedContext = { startedAt: ports.now() }
      const compiled = await readEnvironment(ports, requestContext, String(this.ctx.props?.environment ?? ''))
      if (!compiled.ok) requestContext.refused = compiled.problem.code
      const answer = compiled.ok ? await decide(compiled.value, requestContext) : without(compiled.problem)
      const status = compiled.ok ? 200 : statusOf[compiled.problem.code]
      record({ dialect: 'rpc', requestContext, status, now: ports.now }, sinks)
      return answer
    }
  }
}

type Check<T> = (value: unknown) => value is T
const isBoolean: Check<boolean> = (value) => typeof value === 'boolean'
const isText: Check<string> = (value) => typeof value === 'string'
const isNumber: Check<number> = (value) => typeof value === 'number'
const isStructure = <T>(value: unknown): value is T => typeof value === 'object' && value !== null
const isAnything: Check<FlagValue> = (value): value is FlagValue => value !== undefined

/** A decided flag without a variation answers the default, as in every protocol. This is not an error. */
function fromEvaluation<T extends FlagValue>(
  evaluation: Evaluation,
  defaultValue: T,
  isRight: Check<T>,
): FlagDetails<T> {
  const { flagKey, flag, reason, variation, error } = evaluation
  if (error) return failed(flagKey, defaultValue, error.code, error.message)
  const flagMetadata = flagMetadataOf(evaluation)
  if (!variation) return { flagKey, value: defaultValue, reason, flagMetadata }
  const value: unknown = variation.typed
  if (!isRight(value)) return failed(flagKey, defaultValue, 'TYPE_MISMATCH', `it is a ${flag?.type} flag`)
  return { flagKey, value, reason, variant: variation.name || variation.id, flagMetadata }
}

const failed = <T extends FlagValue>(
  flagKey: string,
  value: T,
  errorCode: NonNullable<FlagDetails['errorCode']>,
  errorMessage: string,
): FlagDetails<T> => ({ flagKey, value, reason: 'ERROR', errorCode, errorMessage, flagMetadata: {} })

/** RPC arguments carry no types at run time, so they are checked here. */
function toContext(context: unknown): EvaluationContext {
  const { targetingKey, ...attributes } = (context ?? {}) as Record<string, unknown>
  return { targetingKey: typeof targetingKey === 'string' ? targetingKey : undefined, attributes }
}
