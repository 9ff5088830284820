// Decisions for other Workers of the account. A binding is the account's own doing, so it needs no key: it names its environment. Nothing
// here throws: what cannot be decided is the caller's default, with the code that says why.
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { EvaluationContext } from '../../core/context.ts'
import type { Evaluation } from '../../core/evaluation.ts'
import type { Result } from '../../core/problem.ts'
import type { CompiledSnapshot } from '../../core/compile.ts'
import { readEnvironment } from '../http/authenticate.ts'
import { decideAll, decideOne } from '../http/decide.ts'
import type { Ports } from '../ports.ts'
import type { FlagContext, FlagDetails, FlagValue, FlagsProps, FlagsRpc } from './flags-rpc.ts'

export function flagsEntrypoint(ports: Ports) {
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
    async evaluateAll(context?: FlagContext) {
      const compiled = await this.#read()
      if (!compiled.ok) return []
      const { evaluations } = await decideAll(ports, compiled.value, toContext(context))
      return evaluations.map((evaluation) => fromEvaluation(evaluation, null, isAnything))
    }

    async #details<T extends FlagValue>(
      flagKey: string,
      defaultValue: T,
      isRight: Check<T>,
      context: FlagContext | undefined,
    ): Promise<FlagDetails<T>> {
      const compiled = await this.#read()
      if (!compiled.ok) return failed(flagKey, defaultValue, 'PROVIDER_NOT_READY', compiled.problem.message)
      const { evaluation } = await decideOne(ports, compiled.value, toContext(context), flagKey)
      return fromEvaluation(evaluation, defaultValue, isRight)
    }

    async #read(): Promise<Result<CompiledSnapshot>> {
      return readEnvironment(ports, {}, String(this.ctx.props?.environment ?? ''))
    }
  }
}

type Check<T> = (value: unknown) => value is T
const isBoolean: Check<boolean> = (value) => typeof value === 'boolean'
const isText: Check<string> = (value) => typeof value === 'string'
const isNumber: Check<number> = (value) => typeof value === 'number'
const isStructure = <T>(value: unknown): value is T => typeof value === 'object' && value !== null
const isAnything: Check<FlagValue> = (value): value is FlagValue => value !== undefined

/** No value in a decided flag means the default, as everywhere; that is no error. */
function fromEvaluation<T extends FlagValue>(
  { flagKey, flag, reason, variation, error }: Evaluation,
  defaultValue: T,
  isRight: Check<T>,
): FlagDetails<T> {
  if (error) return failed(flagKey, defaultValue, error.code, error.message)
  const flagMetadata = { version: String(flag?.version ?? 0), variationId: variation?.id ?? '' }
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

/** What comes over RPC is typed by promise only. */
function toContext(context: unknown): EvaluationContext {
  const { targetingKey, ...attributes } = (context ?? {}) as Record<string, unknown>
  return { targetingKey: typeof targetingKey === 'string' ? targetingKey : undefined, attributes }
}
