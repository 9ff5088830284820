// The parts of a flag's page, in their order.
import { flag as words } from '../messages/flag.ts'

export const flagTabs: readonly { readonly path: string; readonly text: string }[] = [
  { path: '', text: words.tabs.targeting },
  { path: 'variations', text: words.tabs.variations },
  { path: 'debugger', text: words.tabs.debugger },
  { path: 'running', text: words.tabs.running },
  { path: 'usage', text: words.tabs.usage },
  { path: 'history', text: words.tabs.history },
  { path: 'portability', text: words.tabs.portability },
  { path: 'settings', text: words.tabs.settings },
]
