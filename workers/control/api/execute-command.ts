// Sends a command to the Durable Object of the path's environment, with the caller, the comment and the
// expected version.
import { type Command, onVersion } from '../../../core/change/command.ts'
import { type FieldProblem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { CommandAnswer, FlagMoves } from '../../contracts/environment-contract.ts'
import { type Call, pathParam } from './call.ts'
import { commentOf } from './comment-header.ts'
import { experimentChoiceOf, isDryRun } from './change-query.ts'
import { environmentStub } from './environment-stub.ts'

export interface CommandResult {
  readonly revision: number
  readonly changed: boolean
  readonly published: boolean
  /** Parsed from JSON: each route declares its shape. */
  readonly entity: never
  readonly notes?: readonly FieldProblem[]
  readonly moves?: readonly FlagMoves[]
  /** Of a dry run. */
  readonly changes?: never
}

export async function executeCommand(call: Call, command: Command): Promise<Result<CommandResult>> {
  if (call.scope?.archived) return refuse('CONFLICT', 'this environment is archived: it accepts no changes')
  const comment = commentOf(call.request)
  if (!comment.ok) return comment
  const versioned = withExpectedVersion(call, command)
  if (!versioned.ok) return versioned
  const environmentId = pathParam(call, 'environment')
  const { actor, origin } = call.caller
  const answer = await environmentStub(call, environmentId).execute({
    environmentId,
    command: versioned.value,
    actor,
    origin,
    comment: comment.value,
    mode: isDryRun(call.request) ? 'try' : 'make',
    experiment: experimentChoiceOf(call.request),
  })
  return toResult(answer)
}

/** The command with the version of If-Match, if the request has one. */
function withExpectedVersion({ ifMatch }: Call, command: Command): Result<Command> {
  if (ifMatch === undefined) return ok(command)
  const versioned = onVersion(command, ifMatch)
  if (versioned) return ok(versioned)
  const message = 'does not apply to this change'
  return refuse('INVALID', `if-match: ${message}`, { fields: [{ path: 'if-match', message }] })
}

export function toResult(answer: CommandAnswer): Result<CommandResult> {
  if (!answer.ok) return answer
  const { revision, changed, published, entity, notes, moves, changes } = answer
  return ok({
    revision,
    changed,
    published,
    entity: JSON.parse(entity) as never,
    ...(notes.length > 0 && { notes }),
    ...(moves.length > 0 && { moves }),
    ...(changes !== undefined && { changes: JSON.parse(changes) as never }),
  })
}
