// A command on its way to the environment's object, with who sent it, why, and from where.
import type { Command } from '../../core/command.ts'
import { commentLengthMax } from '../../core/limits.ts'
import { type Result, ok, refuse } from '../../core/problem.ts'
import type { CommandAnswer } from '../environment-object.ts'
import type { Call } from './route.ts'

export interface Changed {
  readonly revision: number
  readonly changed: boolean
  readonly published: boolean
  /** As JSON has it: its route says which shape that is. */
  readonly entity: never
}

export async function executeCommand(call: Call, command: Command): Promise<Result<Changed>> {
  const comment = commentOf(call.request)
  if (!comment.ok) return comment
  const environmentId = environmentOf(call)
  const { actor, origin } = call.caller
  const request = { environmentId, command, actor, origin, comment: comment.value }
  return toResult(await objectOf(call, environmentId).execute(request))
}

export const environmentOf = ({ params }: Call): string =>
  (params as Readonly<Record<string, string>>)['environment'] ?? ''

export const objectOf = ({ env }: Pick<Call, 'env'>, environmentId: string) =>
  env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(environmentId))

export function toResult(answer: CommandAnswer): Result<Changed> {
  if (!answer.ok) return answer
  const { revision, changed, published, entity } = answer
  return ok({ revision, changed, published, entity: JSON.parse(entity) as never })
}

/** Headers are safe for ASCII only, so the comment may come percent-encoded. A text that is no such encoding is taken as it is. */
export function commentOf({ headers }: Request): Result<string> {
  const sent = headers.get('x-comment') ?? ''
  const comment = decoded(sent)
  if (comment.length <= commentLengthMax) return ok(comment)
  const message = `at most ${commentLengthMax} characters`
  return refuse('INVALID', `x-comment: ${message}`, { fields: [{ path: 'x-comment', message }] })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
