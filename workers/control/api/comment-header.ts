// X-Comment: the reason for a change, for the audit trail.
import { commentLengthMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { percentDecoded } from '../../http/path.ts'

/**
 * Headers hold ASCII only, so the comment may be percent-encoded UTF-8. Invalid encodings are taken
 * literally.
 */
export function commentOf({ headers }: Request): Result<string> {
  const comment = percentDecoded(headers.get('x-comment') ?? '')
  if (comment.length <= commentLengthMax) return ok(comment)
  const message = `at most ${commentLengthMax} characters`
  return refuse('INVALID', `x-comment: ${message}`, { fields: [{ path: 'x-comment', message }] })
}
