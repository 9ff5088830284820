// Generates the OpenAPI 3.1 document from the route declarations. Its schemas are JSON Schema 2020-12, as zod
// generates them.
import * as z from 'zod'
import { Clause } from '../../../core/model/clause.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { Flag, Rule, Strategy, Variation } from '../../../core/model/flag.ts'
import { Goal } from '../../../core/model/goal.ts'
import { Operation, OperationFacts, OperationLook } from '../../../core/model/operation.ts'
import { Segment } from '../../../core/model/segment.ts'
import { StoredResult } from '../../../core/model/stored-result.ts'
import { firstOrganisation } from '../../storage/organisation-schema.ts'
import type { RequiredRole } from '../auth/access.ts'
import { routesBySection } from './route-list.ts'
import type { Route } from './route.ts'
import { Actor, Origin, Problem } from './shapes.ts'

/** Schemas that the document defines once, by name, and refers to. */
const namedSchemas = {
  Actor,
  Clause,
  Experiment,
  ExperimentResult: StoredResult,
  Flag,
  FlagChanges,
  FlagDraft,
  Goal,
  Operation,
  OperationFacts,
  OperationLook,
  Origin,
  Problem,
  Rule,
  Segment,
  Strategy,
  Variation,
}

type Schema = Record<string, unknown>
type Direction = 'input' | 'output'

let cachedText: string | undefined
/** Generated on first use: it is the same for every caller. */
export const documentText = (): string => (cachedText ??= JSON.stringify(openApiDocument()))

export function openApiDocument() {
  const components: Record<string, Schema> = {}
  const schemaOf = createSchemaConverter(components)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [section, routes] of Object.entries(routesBySection)) {
    for (const route of routes) {
      const methods = (paths[`/api/v1${route.path}`] ??= {})
      methods[route.method.toLowerCase()] = operationOf(route, section, schemaOf)
    }
  }
  const problem = { 'application/problem+json': { schema: schemaOf(Problem, 'output') } }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tackline admin API',
      version: '1',
      description:
        'Used by the console, the batch runner and scripts. Refusals are RFC 9457 problem details with ' +
        'a `code`.',
    },
    tags: Object.keys(routesBySection).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token.' } },
      responses: { Problem: { description: 'Refused: see `code` and `detail`', content: problem } },
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

type SchemaOf = (schema: z.ZodType, direction: Direction) => Schema

/**
 * Converts zod to JSON Schema. Named schemas are put into `components` and replaced by references.
 */
function createSchemaConverter(components: Record<string, Schema>): SchemaOf {
  const metadata = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() }
  for (const [name, schema] of Object.entries(namedSchemas)) {
    metadata.output.add(schema, { id: name })
    metadata.input.add(schema, { id: `${name}Input` })
  }
  return (schema, io) => {
    const {
      $schema: _,
      $defs,
      ...rest
    } = z.toJSONSchema(schema, {
      io,
      metadata: metadata[io],
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        // `metadata` has only the names; descriptions are in zod's global registry
        const { description, deprecated } = z.globalRegistry.get(zodSchema) ?? {}
        Object.assign(jsonSchema, { ...(description && { description }), ...(deprecated && { deprecated }) })
      },
    }) as Schema
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Schema>)) {
      const { id: _, ...shape } = definition
      components[name] ??= withComponentReferences(shape)
    }
    return withComponentReferences(rest)
  }
}

/** Zod's references point into the schema itself; here they must point to the document's components. */
const withComponentReferences = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schema

function operationOf(route: Route, section: string, schemaOf: SchemaOf) {
  const { id, summary, description, needs, query, body, uploads, answer, downloads, status = 200 } = route
  const contents = [
    ...(body ? [['application/json', { schema: schemaOf(body, 'input') }]] : []),
    ...(uploads ?? []).map((type) => [type, { schema: {} }]),
  ]
  return {
    operationId: id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [section],
    summary,
    description: [description, roleSentence[needs]].filter(Boolean).join('\n\n'),
    ...(needs !== 'anyone' && { security: [{ token: [] }] }),
    parameters: [
      ...pathParameters(route),
      ...queryParameters(query && schemaOf(query, 'input')),
      ...headerParameters(route),
    ],
    ...(contents.length > 0 && { requestBody: { required: true, content: Object.fromEntries(contents) } }),
    responses: {
      [status]: {
        description: 'Done',
        content: {
          'application/json': { schema: schemaOf(answer, 'output') },
          ...Object.fromEntries((downloads ?? []).map((type) => [type, { schema: {} }])),
        },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

const roleSentence: Record<RequiredRole, string> = {
  anyone: 'Needs no token.',
  viewer: 'Needs the role viewer in the environment.',
  editor: 'Needs the role editor in the environment.',
  member: 'Needs to be a member of the organisation.',
  admin: 'Needs the role admin in the organisation.',
  owner: 'Needs the role owner in the organisation.',
  'deployment-owner': `Needs the role owner in the deployment’s first organisation, \`${firstOrganisation}\`.`,
}

const pathParameters = ({ path }: Route) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

function queryParameters(schema: Schema = {}) {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Schema>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }))
}

/** Every write takes these headers. */
const headerParameters = ({ method }: Route) =>
  method === 'GET'
    ? []
    : [
        {
          name: 'X-Comment',
          in: 'header',
          description: 'The reason, for the audit trail. Percent-encoded UTF-8.',
          schema: { type: 'string' },
        },
        {
          name: 'If-Match',
          in: 'header',
          description:
            'The ETag of the entity to change: its version. A stale version is refused with both sides.',
          schema: { type: 'string' },
        },
      ]
