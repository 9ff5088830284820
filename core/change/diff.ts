// The differences between two JSON values, as JSON pointers (RFC 6901) with the values before and after.

export interface Difference {
  /** In the value after; for something removed, in the value before. */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * Elements with an id (variations, rules) are compared with the element of the same id, at whatever index. A
 * changed order is a difference of its own: the two lists of ids. Other lists are compared as a whole.
 */
export function diff(before: unknown, after: unknown, path = ''): Difference[] {
  if (isRecord(before) && isRecord(after)) return diffRecords(before, after, path)
  if (isIdentified(before) && isIdentified(after)) return diffLists(before, after, path)
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]
}

type Fields = Readonly<Record<string, unknown>>
type Identified = readonly (Fields & { readonly id: string })[]

function diffRecords(before: Fields, after: Fields, path: string): Difference[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return fields.flatMap((field) => diff(own(before, field), own(after, field), `${path}/${escaped(field)}`))
}

function diffLists(before: Identified, after: Identified, path: string): Difference[] {
  const found: Difference[] = []
  const was = new Map(before.map((element) => [element.id, element]))
  const is = new Set(after.map(({ id }) => id))
  before.forEach((element, i) => {
    if (!is.has(element.id)) found.push({ path: `${path}/${i}`, before: element })
  })
  after.forEach((element, i) => found.push(...diff(was.get(element.id), element, `${path}/${i}`)))
  const kept = (list: Identified) => list.map(({ id }) => id).filter((id) => was.has(id) && is.has(id))
  const [orderBefore, orderAfter] = [kept(before), kept(after)]
  if (orderBefore.some((id, i) => id !== orderAfter[i]))
    found.push({ path, before: orderBefore, after: orderAfter })
  return found
}

const own = (fields: Fields, field: string) => (Object.hasOwn(fields, field) ? fields[field] : undefined)

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list whose elements all have a unique id. */
const isIdentified = (value: unknown): value is Identified =>
  Array.isArray(value) &&
  value.every((element) => isRecord(element) && typeof element['id'] === 'string') &&
  new Set(value.map(({ id }: Fields) => id)).size === value.length

const escaped = (field: string) => field.replaceAll('~', '~0').replaceAll('/', '~1')
