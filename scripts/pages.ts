// Reads lists of the admin API to their end.
import { type Admin, call } from './admin.ts'

/** All items of a list that comes in pages; `field` of the answer has them. */
export async function listAll<Item>(admin: Admin, path: string, field: string): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const page = await call<Record<string, unknown>>(admin, 'GET', `${path}${query}`)
    items.push(...(page[field] as Item[]))
    cursor = page['nextCursor'] as string | undefined
  } while (cursor)
  return items
}
