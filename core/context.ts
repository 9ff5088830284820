// Who a decision is for, in OpenFeature's words. Protocols translate their user, visitor or context into this.

/** `targetingKey` is undefined where the client sent none; then only what needs no bucket can be decided. */
export interface EvaluationContext {
  readonly targetingKey: string | undefined
  /** Values of other shapes (null, objects, nested lists) count as missing. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Bucketeer: the attribute `id` of a clause is the user's id. */
const targetingKeyAttribute = 'id'

/** The canonical text or texts of an attribute: undefined when missing, a list when the attribute is one. */
export function readAttribute(
  context: EvaluationContext,
  name: string,
): string | readonly string[] | undefined {
  if (name === targetingKeyAttribute) return context.targetingKey
  // Own properties only: a client may well name an attribute `constructor`.
  if (!Object.hasOwn(context.attributes, name)) return undefined
  const value = context.attributes[name]
  return Array.isArray(value) ? value.map(toText).filter((text) => text !== undefined) : toText(value)
}

function toText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
      return String(value)
    default:
      return undefined
  }
}
