// The parts of a flag's page, in their order.
import { flag as words } from '../messages/flag.ts'

export const flagTabs: readonly { readonly path: string; readonly text: string }[] = [
  { path: 'usage', text: words.tabs.usage },
  { path: 'history', text: words.tabs.history },
  { path: 'portability', text: words.tabs.portability },
]
