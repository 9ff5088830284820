// The routes that every kind of entity has: a list in pages, one, and with them what makes, edits and deletes
// one.
import * as z from 'zod'
import type { Command } from '../../../core/change/command.ts'
import type { Entities, EntityKind } from '../../../core/model/environment-state.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { newestRevision } from '../../storage/configuration.ts'
import { type EntityList, listEntities, readEntity, sorts } from '../../storage/entities.ts'
import { NextCursor, PageQuery, pageOf } from './pagination.ts'
import { type Route, change, route } from './route.ts'

interface Subject<K extends EntityKind> {
  readonly kind: K
  /** As in commands and names of operations: `sdk-key`. */
  readonly name: string
  /** As in paths: `sdk-keys`. */
  readonly plural: string
  /** The list's field in an answer: `sdkKeys`. */
  readonly field?: string
  /** As it is shown. */
  readonly schema: z.ZodType
  /** What names one in the path. */
  readonly param: 'key' | 'id'
  readonly filters?: FilterShape
}

type Filter = Exclude<
  keyof EntityList<EntityKind>,
  'environmentId' | 'kind' | 'sort' | 'order' | 'after' | 'limit'
>
type FilterShape = { readonly [F in Filter]?: z.ZodType }

export const aText = z.string().min(1).max(200).optional()
export const aFlag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()

const Sorted = PageQuery.extend({
  q: aText.describe('Text inside id, name or description; under three characters: the beginning of the id.'),
  sort: z.enum(sorts).default('id'),
  order: z.enum(['asc', 'desc']).default('asc'),
})

export function readRoutes<K extends EntityKind>(subject: Subject<K>): Route[] {
  const { kind, name, plural, field = plural, schema, param, filters = {} } = subject
  const path = `/environments/{environment}/${plural}` as const
  return [
    route({
      id: `list-${plural}`,
      method: 'GET',
      path,
      needs: 'viewer',
      summary: `The ${words(plural)} of an environment, in pages`,
      query: Sorted.extend(filters as Record<string, z.ZodType>),
      answer: z.strictObject({
        [field]: z.array(schema),
        nextCursor: NextCursor,
        revision: z.int().describe('Of the environment, as the page was read.'),
      }),
      handle: async ({ database, params: { environment }, query }) => {
        const { limit, cursor, sort, order, ...wanted } = query as z.output<typeof Sorted>
        const [ofSort, ofOrder, key, id] = cursor ?? [sort, order]
        if (ofSort !== sort || ofOrder !== order) {
          const fields = [{ path: 'cursor', message: 'is of a list in another order' }]
          return refuse('INVALID', 'cursor: is of a list in another order', { fields })
        }
        const after = key === undefined ? undefined : ([key, String(id)] as const)
        const list = { environmentId: environment, kind, sort, order, after, limit: limit + 1, ...wanted }
        const [revision, found] = await Promise.all([
          newestRevision(database, environment),
          listEntities(database, list),
        ])
        const { rows, ...next } = pageOf(found, limit, (entity) => [
          sort,
          order,
          keyOf(entity, sort),
          idOf(entity),
        ])
        return ok({ [field]: rows.map(withoutSecrets), ...next, revision })
      },
    }),
    route({
      id: `read-${name}`,
      method: 'GET',
      path: `${path}/{${param}}`,
      needs: 'viewer',
      summary: `One ${words(name)}`,
      answer: schema,
      handle: async ({ database, params }) => {
        const { environment = '', [param]: id = '' } = params as Readonly<Record<string, string>>
        const entity = await readEntity(database, environment, kind, id)
        return entity ? ok(withoutSecrets(entity)) : refuse('NOT_FOUND', `there is no ${words(name)} ${id}`)
      },
    }),
  ]
}

const idOf = (entity: Entities[EntityKind]): string =>
  'key' in entity ? entity.key : 'id' in entity ? entity.id : ''

const keyOf = (entity: Entities[EntityKind], sort: EntityList<EntityKind>['sort']): string | number =>
  sort === 'id' ? idOf(entity) : sort === 'name' ? ('name' in entity ? entity.name : '') : entity[sort]

const words = (name: string) => name.replaceAll('-', ' ').replace('sdk', 'SDK')

interface Editable<K extends EntityKind> extends Subject<K> {
  readonly draft: z.ZodType
  readonly changes: z.ZodObject
}

/** Reads, and what makes and edits one. */
export function entityRoutes<K extends EntityKind>(subject: Editable<K>): Route[] {
  const { name, plural, schema, draft } = subject
  return [
    ...readRoutes(subject),
    change({
      id: `create-${name}`,
      method: 'POST',
      path: `/environments/{environment}/${plural}`,
      needs: 'editor',
      summary: `Makes a ${words(name)}`,
      body: draft,
      entity: schema,
      status: 201,
      command: ({ body }) => ({ kind: `create-${name}`, [name]: body }) as unknown as Command,
    }),
    updateRoute(subject),
    deleteRoute(subject),
  ]
}

export function updateRoute<K extends EntityKind>(subject: Omit<Editable<K>, 'draft'>): Route {
  const { name, plural, schema, param, changes } = subject
  return change({
    id: `update-${name}`,
    method: 'PATCH',
    path: `/environments/{environment}/${plural}/{${param}}`,
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description: versionHelp,
    body: changes.extend({ version: z.int().optional() }),
    entity: schema,
    command: ({ params, body }) => {
      const { version, ...fields } = body as { version?: number }
      const id = (params as Readonly<Record<string, string>>)[param]
      return { kind: `update-${name}`, id, version, changes: fields } as unknown as Command
    },
  })
}

export const versionHelp =
  'With `If-Match` or `version`, only if that is still the newest; otherwise the answer is 409 with both sides.'

export function deleteRoute<K extends EntityKind>(subject: Subject<K>): Route {
  const { name, plural, schema, param } = subject
  return change({
    id: `delete-${name}`,
    method: 'DELETE',
    path: `/environments/{environment}/${plural}/{${param}}`,
    needs: 'editor',
    summary: `Deletes a ${words(name)}; one that is in use is refused, naming its users`,
    entity: schema,
    command: ({ params }) =>
      ({
        kind: `delete-${name}`,
        id: (params as Readonly<Record<string, string>>)[param],
      }) as unknown as Command,
  })
}
