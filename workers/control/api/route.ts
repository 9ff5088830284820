// A route of the admin API, declared once: who may call it, what it takes, what it answers, and how. The
// router (dispatch.ts), the table of who may call what, the OpenAPI document and its page are all made of
// these declarations.
import * as z from 'zod'
import type { Command } from '../../../core/change/command.ts'
import type { Result } from '../../../core/model/problem.ts'
import type { Needs } from '../auth/access.ts'
import type { Call } from './call.ts'
import { changedOf } from './shapes.ts'
import { executeCommand } from './execute.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Described<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  /** Name of the operation in the document, and so of a generated client's function: `create-flag`. */
  readonly id: string
  readonly method: Method
  readonly path: Path
  readonly needs: Needs
  /** One sentence, without a full stop. */
  readonly summary: string
  readonly description?: string
  /** Of all texts. Strict, so that a misspelt parameter is told. */
  readonly query?: Query
  readonly body?: Body
  /** Where it is not `bodyBytesMax`. */
  readonly bodyBytesMax?: number
  /** Media types of a body that the handler reads by itself, from `request`. */
  readonly uploads?: readonly string[]
  readonly status?: 200 | 201
}

interface Declaration<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends Described<Path, Query, Body> {
  readonly answer: Answer
  /** Media types that a handler may answer with a response of its own. */
  readonly downloads?: readonly string[]
  readonly handle: (
    call: Call<Path, z.output<Query>, z.output<Body>>,
  ) => Result<z.output<Answer>> | Response | Promise<Result<z.output<Answer>> | Response>
}

export interface Route extends Omit<
  Declaration<string, z.ZodType, z.ZodType, z.ZodType>,
  'handle' | 'query' | 'body'
> {
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly handle: (call: Call) => Promise<Result<unknown> | Response>
}

export function route<
  const Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodType,
>(declaration: Declaration<Path, Query, Body, Answer>): Route {
  const { handle, ...described } = declaration
  return {
    ...described,
    handle: async (call) => handle(call as Call<Path, z.output<Query>, z.output<Body>>),
  }
}

const DryRun = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: answers what would change, and any problem, and changes nothing.'),
})

interface Change<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Entity extends z.ZodType,
> extends Described<Path, Query, Body> {
  /** What was changed, as it is afterwards. */
  readonly entity: Entity
  readonly command: (
    call: Call<Path, z.output<Query>, z.output<Body>>,
  ) => Command | Result<Command> | Promise<Command | Result<Command>>
}

/**
 * A route that makes a command of its request and hands it to the environment's object. Its path has
 * `{environment}`.
 */
export function change<
  const Path extends `${string}{environment}${string}`,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Entity extends z.ZodType = z.ZodType,
>({ entity, command, ...described }: Change<Path, Query, Body, Entity>): Route {
  return {
    ...described,
    query: described.query ? z.intersection(described.query, DryRun) : DryRun,
    answer: changedOf(entity),
    handle: async (call) => {
      const made = await command(call as Call<Path, z.output<Query>, z.output<Body>>)
      if ('kind' in made) return executeCommand(call, made)
      return made.ok ? executeCommand(call, made.value) : made
    },
  }
}
