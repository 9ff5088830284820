// The routes that all kinds of entities share: list, read, create, update and delete.
import * as z from 'zod'
import type { Command } from '../../../core/change/command.ts'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { type Entities, type EntityKind, entitySchemas } from '../../../core/model/environment-state.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { newestRevision } from '../../storage/configuration.ts'
import type { Database } from '../../storage/database.ts'
import { type EntityList, listEntities, readEntity, sorts } from '../../storage/entities.ts'
import { pathParam } from './call.ts'
import { NextCursor, PageQuery, pageOf } from './pagination.ts'
import { type Route, change, route } from './route.ts'

interface Resource<K extends EntityKind> {
  readonly kind: K
  /** As in operation names: `sdk-key`. */
  readonly name: string
  /** As in paths: `sdk-keys`. */
  readonly plural: string
  /** The field of the list in an answer: `sdkKeys`. Default: `plural`. */
  readonly field?: string
  /** The entity as in answers. */
  readonly schema: z.ZodType
  /** The path parameter that identifies an entity. */
  readonly param: 'key' | 'id'
  readonly filters?: FilterShape
  /** What answers to reading say of an entity beyond what is stored of it. */
  readonly reading?: {
    readonly schema: z.ZodType
    /** Asked once per request, for those that it answers. Returns the fields to add, by id. */
    readonly more: (
      database: Database,
      environmentId: string,
      ids: readonly string[],
    ) => Promise<(id: string, entity: Entities[K]) => object>
  }
}

type Filter = Exclude<
  keyof EntityList<EntityKind>,
  'environmentId' | 'kind' | 'sort' | 'order' | 'after' | 'limit'
>
type FilterShape = { readonly [F in Filter]?: z.ZodType }

export const textFilter = z.string().min(1).max(200).optional()
export const booleanFilter = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()

const ListQuery = PageQuery.extend({
  q: textFilter.describe(
    'Text in the id, name or description. With fewer than three characters: the beginning of the id.',
  ),
  sort: z.enum(sorts).default('id'),
  order: z.enum(['asc', 'desc']).default('asc'),
})

/** The routes that list and read entities. */
export function readRoutes<K extends EntityKind>(resource: Resource<K>): Route[] {
  const { kind, name, plural, field = plural, param, filters = {}, reading } = resource
  const schema = reading?.schema ?? resource.schema
  const nothingMore = () => Promise.resolve(() => ({}))
  const { more = nothingMore } = reading ?? {}
  const path = `/environments/{environment}/${plural}` as const
  return [
    route({
      id: `list-${plural}`,
      method: 'GET',
      path,
      needs: 'viewer',
      summary: `Lists the ${inWords(plural)} of an environment, in pages`,
      query: ListQuery.extend(filters as Record<string, z.ZodType>),
      answer: z.strictObject({
        [field]: z.array(schema),
        nextCursor: NextCursor,
        revision: z.int().describe('The revision of the environment when the page was read.'),
      }),
      handle: async ({ database, params: { environment }, query }) => {
        const { limit, cursor, sort, order, ...values } = query as z.output<typeof ListQuery>
        const [cursorSort, cursorOrder, key, id] = cursor ?? [sort, order]
        if (cursorSort !== sort || cursorOrder !== order) return wrongCursor
        const after = key === undefined ? undefined : ([key, String(id)] as const)
        const list = { environmentId: environment, kind, sort, order, after, limit: limit + 1, ...values }
        const [revision, entities] = await Promise.all([
          newestRevision(database, environment),
          listEntities(database, list),
        ])
        const { rows, ...next } = pageOf(entities, limit, (entity) => [
          sort,
          order,
          sortKeyOf(entity, sort),
          idOf(entity),
        ])
        const moreOf = await more(database, environment, rows.map(idOf))
        const shown = rows.map((row) => ({
          ...withoutSecrets(row, entitySchemas[kind]),
          ...moreOf(idOf(row), row),
        }))
        return ok({ [field]: shown, ...next, revision })
      },
    }),
    route({
      id: `read-${name}`,
      method: 'GET',
      path: `${path}/{${param}}`,
      needs: 'viewer',
      summary: `Reads one ${inWords(name)}`,
      answer: schema,
      handle: async (call) => {
        const id = pathParam(call, param)
        const environment = pathParam(call, 'environment')
        const entity = await readEntity(call.database, environment, kind, id)
        if (!entity) return refuse('NOT_FOUND', `there is no ${inWords(name)} ${id}`)
        const moreOf = await more(call.database, environment, [id])
        return ok({ ...withoutSecrets(entity, entitySchemas[kind]), ...moreOf(id, entity) })
      },
    }),
  ]
}

const wrongCursor = refuse('INVALID', 'cursor: belongs to a list in another order', {
  fields: [{ path: 'cursor', message: 'belongs to a list in another order' }],
})

const idOf = (entity: Entities[EntityKind]): string =>
  'key' in entity ? entity.key : 'id' in entity ? entity.id : ''

const sortKeyOf = (entity: Entities[EntityKind], sort: EntityList<EntityKind>['sort']): string | number =>
  sort === 'id' ? idOf(entity) : sort === 'name' ? ('name' in entity ? entity.name : '') : entity[sort]

const inWords = (name: string) => name.replaceAll('-', ' ').replace('sdk', 'SDK')
const withArticle = (name: string) => `${/^([aeio]|sdk)/.test(name) ? 'an' : 'a'} ${inWords(name)}`

interface Creatable<Draft extends z.ZodType> {
  readonly draft: Draft
  readonly create: (draft: z.output<Draft>) => Command
}

interface Editable<Changes extends z.ZodType> {
  /** The changed fields, and `expectedVersion`. */
  readonly changes: Changes
  readonly update: (id: string, changes: z.output<Changes>) => Command
}

interface Removable {
  readonly remove: (id: string) => Command
}

/** All five routes. */
export function entityRoutes<K extends EntityKind, Draft extends z.ZodType, Changes extends z.ZodType>(
  resource: Resource<K> & Creatable<Draft> & Editable<Changes> & Removable,
): Route[] {
  const { name, plural, schema, draft, create } = resource
  return [
    ...readRoutes(resource),
    change({
      id: `create-${name}`,
      method: 'POST',
      path: `/environments/{environment}/${plural}`,
      needs: 'editor',
      summary: `Creates ${withArticle(name)}`,
      body: draft,
      entity: schema,
      status: 201,
      command: ({ body }) => create(body),
    }),
    updateRoute(resource),
    deleteRoute(resource),
  ]
}

export function updateRoute<K extends EntityKind, Changes extends z.ZodType>(
  resource: Resource<K> & Editable<Changes>,
): Route {
  const { name, plural, schema, param, changes, update } = resource
  return change({
    id: `update-${name}`,
    method: 'PATCH',
    path: `/environments/{environment}/${plural}/{${param}}`,
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description: versionDescription,
    body: changes,
    entity: schema,
    command: (call) => update(pathParam(call, param), call.body),
  })
}

/** A field of edits: the version that the caller read. A stale version is refused. */
export const expectedVersion = { version: z.int().optional() }
export const versionDescription =
  'With `If-Match` or `version`, only if that is still the newest version. Otherwise the answer is 409 ' +
  'with both sides.'

export function deleteRoute<K extends EntityKind>(resource: Resource<K> & Removable): Route {
  const { name, plural, schema, param, remove } = resource
  return change({
    id: `delete-${name}`,
    method: 'DELETE',
    path: `/environments/{environment}/${plural}/{${param}}`,
    needs: 'editor',
    summary: `Deletes ${withArticle(name)}, unless something depends on it`,
    entity: schema,
    command: (call) => remove(pathParam(call, param)),
  })
}
