// What other Workers of the account can call through a service binding, without HTTP, in OpenFeature's words. This file imports nothing: copy
// it to where the calling Worker's types are. docs/guides/rpc.md says how to bind it.

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

/** OpenFeature's resolution details. With an error code, `value` is the default that was passed. */
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
  /** Every flag; one that cannot be decided has an error code and the value null. */
  evaluateAll(context?: FlagContext): Promise<readonly FlagDetails[]>
}

/** What the binding says of its caller: `props` in the calling Worker's configuration. */
export interface FlagsProps {
  readonly environment: string
}
