// A command on its way to the environment's object, with who sent it, why, and from where.
import { percentDecoded } from '../../http/path.ts'
import { type Command, onVersion } from '../../../core/change/command.ts'
import { commentLengthMax } from '../../../core/model/limits.ts'
import { type FieldProblem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { CommandAnswer } from '../../contracts/environment-contract.ts'
import type { Call } from './call.ts'

export interface Changed {
  readonly revision: number
  readonly changed: boolean
  readonly published: boolean
  /** As JSON has it: its route says which shape that is. */
  readonly entity: never
  readonly notes?: readonly FieldProblem[]
  /** Of a try. */
  readonly changes?: never
}

export async function executeCommand(call: Call, asked: Command): Promise<Result<Changed>> {
  if (call.place?.archived) return refuse('CONFLICT', 'this environment is archived: it takes no changes')
  const comment = commentOf(call.request)
  if (!comment.ok) return comment
  const command = atVersion(call, asked)
  if (!command.ok) return command
  const environmentId = environmentOf(call)
  const { actor, origin } = call.caller
  const mode = isTry(call.request) ? 'try' : 'make'
  const request = {
    environmentId,
    command: command.value,
    actor,
    origin,
    comment: comment.value,
    mode,
  } as const
  return toResult(await objectOf(call, environmentId).execute(request))
}

/** Whether a write is only to say what it would change. */
export const isTry = ({ url }: Request): boolean => new URL(url).searchParams.get('dryRun') === 'true'

/** For the version that the caller saw, if they say which one. */
function atVersion({ ifMatch }: Call, command: Command): Result<Command> {
  if (ifMatch === undefined) return ok(command)
  const made = onVersion(command, ifMatch)
  if (made) return ok(made)
  const message = 'has no meaning here'
  return refuse('INVALID', `if-match: ${message}`, { fields: [{ path: 'if-match', message }] })
}

export const environmentOf = ({ params }: Call): string =>
  (params as Readonly<Record<string, string>>)['environment'] ?? ''

export const objectOf = ({ env }: Pick<Call, 'env'>, environmentId: string) =>
  env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(environmentId))

export function toResult(answer: CommandAnswer): Result<Changed> {
  if (!answer.ok) return answer
  const { revision, changed, published, entity, notes, changes } = answer
  return ok({
    revision,
    changed,
    published,
    entity: JSON.parse(entity) as never,
    ...(notes.length > 0 && { notes }),
    ...(changes !== undefined && { changes: JSON.parse(changes) as never }),
  })
}

/**
 * Headers are safe for ASCII only, so the comment may come percent-encoded. A text that is no such encoding
 * is taken as it is.
 */
export function commentOf({ headers }: Request): Result<string> {
  const sent = headers.get('x-comment') ?? ''
  const comment = percentDecoded(sent)
  if (comment.length <= commentLengthMax) return ok(comment)
  const message = `at most ${commentLengthMax} characters`
  return refuse('INVALID', `x-comment: ${message}`, { fields: [{ path: 'x-comment', message }] })
}
