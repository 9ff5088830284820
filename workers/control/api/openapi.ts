// The OpenAPI 3.1 document, made of the routes' declarations. Its schemas are JSON Schema 2020-12, which is
// what zod writes.
import * as z from 'zod'
import { Clause } from '../../../core/model/clause.ts'
import { ExperimentResult } from '../../../core/model/experiment-result.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { FlagChanges, FlagDraft } from '../../../core/model/flag-draft.ts'
import { Flag, Rule, Strategy, Variation } from '../../../core/model/flag.ts'
import { Goal } from '../../../core/model/goal.ts'
import { Operation } from '../../../core/model/operation.ts'
import { Segment } from '../../../core/model/segment.ts'
import type { Needs } from '../auth/access.ts'
import { Actor, Origin, Problem } from './shapes.ts'
import type { Route } from './route.ts'
import { subjects } from './route-list.ts'

/** Shapes with a name of their own in the document. */
const named = {
  Actor,
  Clause,
  Experiment,
  ExperimentResult,
  Flag,
  FlagChanges,
  FlagDraft,
  Goal,
  Operation,
  Origin,
  Problem,
  Rule,
  Segment,
  Strategy,
  Variation,
}

type Schema = Record<string, unknown>
type Direction = 'input' | 'output'

let text: string | undefined
/** Made at the first question, and kept: nothing in it depends on who asks. */
export const documentText = (): string => (text ??= JSON.stringify(openApiDocument()))

export function openApiDocument() {
  const components: Record<string, Schema> = {}
  const schemaOf = schemaMaker(components)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [subject, routes] of Object.entries(subjects)) {
    for (const route of routes) {
      const methods = (paths[`/api/v1${route.path}`] ??= {})
      methods[route.method.toLowerCase()] = operationOf(route, subject, schemaOf)
    }
  }
  const problem = { 'application/problem+json': { schema: schemaOf(Problem, 'output') } }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tackline admin API',
      version: '1',
      description:
        'What the console, the batch runner and scripts use. Refusals are RFC 9457 problem details with a `code`.',
    },
    tags: Object.keys(subjects).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token.' } },
      responses: { Problem: { description: 'Refused: `code` and `detail` say why', content: problem } },
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

type SchemaOf = (schema: z.ZodType, direction: Direction) => Schema

/** Turns zod into JSON Schema; named shapes go into `components` and are referred to. */
function schemaMaker(components: Record<string, Schema>): SchemaOf {
  const metadata = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() }
  for (const [name, schema] of Object.entries(named)) {
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
    }) as Schema
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Schema>)) {
      const { id: _, ...shape } = definition
      components[name] ??= pointed(shape)
    }
    return pointed(rest)
  }
}

/** Zod points into the schema itself; the document keeps its shapes elsewhere. */
const pointed = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schema

function operationOf(route: Route, subject: string, schemaOf: SchemaOf) {
  const { id, summary, description, needs, query, body, uploads, answer, downloads, status = 200 } = route
  const contents = [
    ...(body ? [['application/json', { schema: schemaOf(body, 'input') }]] : []),
    ...(uploads ?? []).map((type) => [type, { schema: {} }]),
  ]
  return {
    operationId: id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [subject],
    summary,
    description: [description, needsInWords[needs]].filter(Boolean).join('\n\n'),
    ...(needs !== 'anyone' && { security: [{ token: [] }] }),
    parameters: [
      ...pathParameters(route),
      ...queryParameters(query && schemaOf(query, 'input')),
      ...headers(route),
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

const needsInWords: Record<Needs, string> = {
  anyone: 'Needs no token.',
  viewer: 'Needs the role viewer in the environment.',
  editor: 'Needs the role editor in the environment.',
  member: 'Needs to be a member of the organisation.',
  admin: 'Needs the role admin in the organisation.',
  owner: 'Needs the role owner in the organisation.',
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

/** A write may say why. */
const headers = ({ method }: Route) =>
  method === 'GET'
    ? []
    : [
        {
          name: 'X-Comment',
          in: 'header',
          description: 'Why, for the audit trail. Percent-encoded UTF-8.',
          schema: { type: 'string' },
        },
        {
          name: 'If-Match',
          in: 'header',
          description: 'The ETag of what is to change: its version. A stale one is refused with both sides.',
          schema: { type: 'string' },
        },
      ]
