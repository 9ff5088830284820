// A message as an e-mail: a subject in one line, and a text with who, what, where and a link.
import type { Message } from './message.ts'

/** RFC 5322 asks for less than 998; mail programs show fewer. */
const subjectLengthMax = 150

export interface Email {
  readonly subject: string
  readonly text: string
}

/** `consoleUrl`: the console's address, without a path; undefined if nobody configured it. */
export function toEmail({ timestamp, data }: Message, consoleUrl?: string): Email {
  const { environment, summary, reason, messages } = data
  const told = Array.isArray(messages) ? (messages as Message[]) : []
  const lines = [
    ...(told.length > 0 ? [summary, '', ...told.map(lineOf)] : [lineOf({ timestamp, data })]),
    ...(typeof reason === 'string' && reason !== '' ? [`Reason: ${reason}`] : []),
    '',
    `Environment: ${environment}`,
    ...(consoleUrl ? [`${consoleUrl}/environments/${encodeURIComponent(environment)}/history`] : []),
  ]
  return { subject: shortened(`[${environment}] ${summary}`), text: lines.join('\n') }
}

const lineOf = ({ timestamp, data }: Pick<Message, 'timestamp' | 'data'>) =>
  `${timestamp.slice(0, 16).replace('T', ' ')} UTC  ${data.summary}`

/** Without line breaks, which would begin a header. */
function shortened(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  return line.length <= subjectLengthMax ? line : `${line.slice(0, subjectLengthMax - 1)}…`
}
