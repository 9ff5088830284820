// Whose file it is, by its content. Pure: the file is not understood here, only recognised.

export const sources = ['tackline', 'bucketeer', 'flagship-io', 'flagd', 'cloudflare'] as const
export type Source = (typeof sources)[number]

/** As the API takes it. */
export const typeOf = (text: string): string =>
  /^\s*[[{]/.test(text) ? 'application/json' : 'application/yaml'

/** Undefined if it looks like none of them. */
export function sourceOf(text: string): Source | undefined {
  const names = typeOf(text) === 'application/json' ? jsonNames(text) : yamlNames(text)
  if (!names) return undefined
  if (names.has('format')) return 'tackline'
  if (names.has('features') || names.has('feature')) return 'bucketeer'
  if (names.has('campaigns')) return 'flagship-io'
  if (names.has('items')) return 'cloudflare'
  return names.has('flags') ? 'flagd' : undefined
}

function jsonNames(text: string): ReadonlySet<string> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? new Set(Object.keys(value)) : undefined
  } catch {
    return undefined
  }
}

/** The names at the first level: no line before them is indented. */
const yamlNames = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^["']?([$\w]+)["']?\s*:/gm)].map(([, name]) => name!))
