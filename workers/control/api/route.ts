// Declares a route of the admin API: who may call it, what it takes and answers, and its handler. The
// router, the authorisation tests, the OpenAPI document and its page are all derived from these
// declarations.
import * as z from 'zod'
import type { Command } from '../../../core/change/command.ts'
import type { Result } from '../../../core/model/problem.ts'
import type { RequiredRole } from '../auth/access.ts'
import type { Call } from './call.ts'
import { ChangeQuery } from './change-query.ts'
import { executeCommand } from './execute-command.ts'
import { changeAnswer } from './shapes.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface RouteDescription<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  /** Name of the operation in the OpenAPI document and in generated clients: `create-flag`. */
  readonly id: string
  readonly method: Method
  readonly path: Path
  readonly needs: RequiredRole
  /** One sentence, without a full stop. */
  readonly summary: string
  readonly description?: string
  /** Values arrive as strings. Strict, so that a misspelt parameter is refused. */
  readonly query?: Query
  readonly body?: Body
  /** Gives a body in another spelling the one of the schema, before the schema sees it. */
  readonly respell?: (body: unknown) => unknown
  /** Default: 4 MB. */
  readonly bodyBytesMax?: number
  /** Media types of a body that the handler itself reads from `request`. */
  readonly uploads?: readonly string[]
  /** Default: 200. */
  readonly status?: 200 | 201
}

interface RouteDeclaration<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends RouteDescription<Path, Query, Body> {
  readonly answer: Answer
  /** Media types of the Response that the handler may return instead of an answer. */
  readonly downloads?: readonly string[]
  readonly handle: (
    call: Call<Path, z.output<Query>, z.output<Body>>,
  ) => Result<z.output<Answer>> | Response | Promise<Result<z.output<Answer>> | Response>
}

export interface Route extends Omit<
  RouteDeclaration<string, z.ZodType, z.ZodType, z.ZodType>,
  'handle' | 'query' | 'body'
> {
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly handle: (call: Call) => Promise<Result<unknown> | Response>
  /** The version in an answer, for its ETag. Present if the declared answer has one. */
  readonly versionOf?: (answer: unknown) => number
}

export function route<
  const Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodType,
>(declaration: RouteDeclaration<Path, Query, Body, Answer>): Route {
  const { handle, ...description } = declaration
  return {
    ...description,
    ...versionReader(declaration.answer),
    handle: async (call) => handle(call as Call<Path, z.output<Query>, z.output<Body>>),
  }
}

interface ChangeDeclaration<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Entity extends z.ZodType,
> extends RouteDescription<Path, Query, Body> {
  /** The changed entity in the answer, as it is after the change. */
  readonly entity: Entity
  readonly command: (
    call: Call<Path, z.output<Query>, z.output<Body>>,
  ) => Command | Result<Command> | Promise<Command | Result<Command>>
}

/** A route that turns its request into a command for the environment's Durable Object. */
export function change<
  const Path extends `${string}{environment}${string}`,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Entity extends z.ZodType = z.ZodType,
>({ entity, command, ...description }: ChangeDeclaration<Path, Query, Body, Entity>): Route {
  const answer = changeAnswer(entity)
  return {
    ...description,
    query: description.query ? z.intersection(description.query, ChangeQuery) : ChangeQuery,
    answer,
    ...versionReader(answer),
    handle: async (call) => {
      const built = await command(call as Call<Path, z.output<Query>, z.output<Body>>)
      if ('kind' in built) return executeCommand(call, built)
      return built.ok ? executeCommand(call, built.value) : built
    },
  }
}

interface HasVersion {
  readonly version: number
}

/** Reads the version as the answer's schema declares it: of the answer, or of the entity in it. */
function versionReader(answer: z.ZodType): Pick<Route, 'versionOf'> {
  if (!(answer instanceof z.ZodObject)) return {}
  const { version, entity } = answer.shape
  if (version) return { versionOf: (value) => (value as HasVersion).version }
  const isVersioned = entity instanceof z.ZodObject && 'version' in entity.shape
  return isVersioned ? { versionOf: (value) => (value as { entity: HasVersion }).entity.version } : {}
}
