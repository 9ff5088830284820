// The interface that other Workers of the account call through a service binding, in OpenFeature's terms.
// This file imports nothing: copy it to the calling Worker. docs/guides/rpc.md explains the binding.

export type FlagValue =
  | boolean
  | string
  | number
  | null
  | readonly FlagValue[]
  | { readonly [key: string]: FlagValue }

export interface FlagContext {
  readonly targetingKey?: string
  readonly [attribute: string]: unknown
}

/** OpenFeature's resolution details. When `errorCode` is set, `value` is the caller's default. */
export interface FlagDetails<T extends FlagValue = FlagValue> {
  readonly flagKey: string
  readonly value: T
  readonly reason: string
  readonly variant?: string
  readonly errorCode?:
    | 'FLAG_NOT_FOUND'
    | 'TYPE_MISMATCH'
    | 'TARGETING_KEY_MISSING'
    | 'PROVIDER_NOT_READY'
    | 'GENERAL'
  readonly errorMessage?: string
  readonly flagMetadata: Readonly<Record<string, string | number | boolean>>
}

export interface FlagsRpc {
  getBooleanValue(flagKey: string, defaultValue: boolean, context?: FlagContext): Promise<boolean>
  getStringValue(flagKey: string, defaultValue: string, context?: FlagContext): Promise<string>
  getNumberValue(flagKey: string, defaultValue: number, context?: FlagContext): Promise<number>
  getObjectValue<T extends FlagValue>(flagKey: string, defaultValue: T, context?: FlagContext): Promise<T>
  getBooleanDetails(
    flagKey: string,
    defaultValue: boolean,
    context?: FlagContext,
  ): Promise<FlagDetails<boolean>>
  getStringDetails(flagKey: string, defaultValue: string, context?: FlagContext): Promise<FlagDetails<string>>
  getNumberDetails(flagKey: string, defaultValue: number, context?: FlagContext): Promise<FlagDetails<number>>
  getObjectDetails<T extends FlagValue>(
    flagKey: string,
    defaultValue: T,
    context?: FlagContext,
  ): Promise<FlagDetails<T>>
  /** All flags. A flag that cannot be decided has an error code and the value null. */
  evaluateAll(context?: FlagContext): Promise<readonly FlagDetails[]>
}

/** `props` of the binding, from the calling Worker's configuration. */
export interface FlagsProps {
  readonly environment: string
}
