// A message in the form that Slack's incoming webhooks take: one text with who, what, where and a link.
import type { Message } from './message.ts'

/** Slack: three characters are control characters of its markup. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The console's page about a message of such a type; the others are told of in the history. */
const pages: Record<string, string> = {
  flag: 'flags',
  experiment: 'experiments',
  operation: 'operations',
}

/** `consoleUrl`: the console's address, without a path; undefined if nobody configured it. */
export function toSlackBody({ type, data }: Message, consoleUrl?: string): string {
  const { environment, summary, reason, messages } = data
  const told = Array.isArray(messages) ? (messages as Message[]) : []
  const page = pages[type.split('.')[0]!] ?? 'history'
  const lines = [
    `${escaped(summary)} (environment ${escaped(environment)})`,
    ...told.map((each) => `• ${escaped(each.data.summary)}`),
    ...(typeof reason === 'string' && reason !== '' ? [`Reason: ${escaped(reason)}`] : []),
    ...(consoleUrl
      ? [`<${consoleUrl}/environments/${encodeURIComponent(environment)}/${page}|Open the console>`]
      : []),
  ]
  return JSON.stringify({ text: lines.join('\n') })
}
