// Pagination of lists. A cursor holds the sort key of the last row, so rows that come or go between two pages
// neither repeat nor hide another.
import * as z from 'zod'

export const pageSizeMax = 200
const pageSizeDefault = 50
const cursorLengthMax = 2_000

type Position = readonly (string | number)[]
const Position = z.array(z.union([z.string(), z.number()])).max(5)

const Cursor = z
  .string()
  .max(cursorLengthMax)
  .transform((text, context): Position => {
    const position = Position.safeParse(decodeCursor(text))
    if (position.success) return position.data
    context.addIssue({ code: 'custom', message: 'is not the `nextCursor` of a page' })
    return z.NEVER
  })
  .describe('The `nextCursor` of the previous page.')

/** The query parameters of every list. Add filters with `.extend`. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(pageSizeMax).default(pageSizeDefault),
  cursor: Cursor.optional(),
})

export const NextCursor = z
  .string()
  .optional()
  .describe('The cursor of the next page. Absent on the last page.')

/**
 * The page, and the cursor of the next one. `rows` holds up to `limit + 1` rows: the extra row
 * indicates another page.
 */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  positionOf: (row: T) => Position,
): { readonly rows: T[]; readonly nextCursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page,
    ...(rows.length > limit && last !== undefined && { nextCursor: encodeCursor(positionOf(last)) }),
  }
}

function encodeCursor(position: Position): string {
  const bytes = new TextEncoder().encode(JSON.stringify(position))
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

function decodeCursor(text: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    )
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}
