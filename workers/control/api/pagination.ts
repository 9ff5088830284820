// Lists in pages. A cursor holds the last row's sort key, so that a page starts after it whatever came or
// went meanwhile.
import * as z from 'zod'

export const pageSizeMax = 200
const pageSizeUsual = 50
const cursorLengthMax = 2_000

type Position = readonly (string | number)[]
const Position = z.array(z.union([z.string(), z.number()])).max(5)

const Cursor = z
  .string()
  .max(cursorLengthMax)
  .transform((text, context): Position => {
    const position = Position.safeParse(decoded(text))
    if (position.success) return position.data
    context.addIssue({ code: 'custom', message: 'is not the `nextCursor` of a page' })
    return z.NEVER
  })
  .describe('The `nextCursor` of the page before.')

/** Query parameters of every list; `.extend` adds filters. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(pageSizeMax).default(pageSizeUsual),
  cursor: Cursor.optional(),
})

export const NextCursor = z
  .string()
  .optional()
  .describe('Where the next page starts. Absent: this is the last one.')

/** One page of the rows found by asking for one more than the page holds. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  positionOf: (row: T) => Position,
): { readonly rows: T[]; readonly nextCursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page,
    ...(rows.length > limit && last !== undefined && { nextCursor: encoded(positionOf(last)) }),
  }
}

function encoded(position: Position): string {
  const bytes = new TextEncoder().encode(JSON.stringify(position))
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

function decoded(text: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    )
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}
