// The evaluation contexts of the debugger: as typed, as sent, as kept. Pure but for the store at the end.

/** Attributes as typed: `true`, `8` and `["a"]` are JSON, other texts are texts. */
export interface DebugContext {
  readonly targetingKey: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
}

export const emptyContext: DebugContext = { targetingKey: '', attributes: [] }

/** As it is meant when it was typed into fields: a context in JSON says exactly what it holds. */
export const withoutBlanks = ({ targetingKey, attributes }: DebugContext): DebugContext => ({
  targetingKey: targetingKey.trim(),
  attributes: attributes.map(([name, value]) => [name.trim(), value.trim()]),
})

/** A number, boolean, list or structure if it reads as one; else the text. */
function valueOf(text: string): unknown {
  if (!/^(-?\d|true$|false$|\[|\{|")/.test(text)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A version such as `8.2` would read as a number: what is not written as JSON writes it stays a text. */
function typed(text: string): unknown {
  const value = valueOf(text)
  return typeof value === 'number' && String(value) !== text ? text : value
}

export function toSent({ targetingKey, attributes }: DebugContext): object {
  const named = attributes.filter(([name]) => name !== '').map(([name, text]) => [name, typed(text)])
  return { ...(targetingKey && { targetingKey }), attributes: Object.fromEntries(named) }
}

/** As SDKs write a context: the targeting key beside the attributes. */
export function toJson(context: DebugContext): string {
  const { targetingKey, attributes } = toSent(context) as { targetingKey?: string; attributes: object }
  return JSON.stringify({ ...(targetingKey !== undefined && { targetingKey }), ...attributes }, null, 2)
}

/** Undefined if it is no JSON object. */
export function fromJson(text: string): DebugContext | undefined {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const { targetingKey = '', ...attributes } = value as Record<string, unknown>
    const entries = Object.entries(attributes).map(([name, each]) => [name, asTyped(each)] as const)
    return { targetingKey: String(targetingKey), attributes: entries }
  } catch {
    return undefined
  }
}

/** The text that is read as this value. */
const asTyped = (value: unknown): string =>
  typeof value === 'string' && typed(value) === value ? value : JSON.stringify(value)

const slotOf = (environment: string) => `tackline-contexts:${environment}`
const keptMax = 8

export function recentContexts(environment: string): string[] {
  try {
    return JSON.parse(localStorage.getItem(slotOf(environment)) ?? '[]') as string[]
  } catch {
    return []
  }
}

/** The newest first. */
export function keepContext(environment: string, context: string): void {
  const all = [context, ...recentContexts(environment).filter((each) => each !== context)].slice(0, keptMax)
  localStorage.setItem(slotOf(environment), JSON.stringify(all))
}
