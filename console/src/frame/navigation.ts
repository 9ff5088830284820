// The pages in the navigation and the palette, in their groups. A page that is not built is not here.
import { Blocks, Flag, FlaskConical, type LucideIcon, ScrollText } from 'lucide-react'
import { frame } from '../messages/frame.ts'

export interface NavigationItem {
  /** Below the environment: `flags`. */
  readonly path: string
  readonly text: string
  readonly icon: LucideIcon
}

export interface NavigationGroup {
  readonly title?: string
  readonly items: readonly NavigationItem[]
}

export const navigation: readonly NavigationGroup[] = [
  {
    items: [
      { path: 'flags', text: frame.pages.flags, icon: Flag },
      { path: 'experiments', text: frame.pages.experiments, icon: FlaskConical },
    ],
  },
  {
    title: frame.groupTitles.observe,
    items: [
      { path: 'history', text: frame.pages.history, icon: ScrollText },
      { path: 'portability', text: frame.pages.portability, icon: Blocks },
    ],
  },
]
