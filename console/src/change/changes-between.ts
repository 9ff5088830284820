// What an edit sends: only what differs, so that what a form does not show stays as it is. Pure.

export type Body = Readonly<Record<string, unknown>>

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Fields that are no longer there are `null`, as the API takes it. */
export function changesBetween(before: Body, after: Body): Body {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...names]
      .filter((name) => !isSame(before[name], after[name]))
      .map((name) => [name, after[name] ?? null]),
  )
}
