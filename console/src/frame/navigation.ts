// The pages in the navigation and the palette, in their groups. A page that is not built is not here.
import {
  Activity,
  ArrowDownUp,
  Blocks,
  Boxes,
  Flag,
  FlaskConical,
  Gauge,
  Goal,
  KeyRound,
  Layers,
  LayoutDashboard,
  type LucideIcon,
  ScrollText,
  Settings,
  UserCog,
  UserMinus,
  Users,
  Webhook,
  Workflow,
} from 'lucide-react'
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
      { path: 'overview', text: frame.pages.overview, icon: LayoutDashboard },
      { path: 'flags', text: frame.pages.flags, icon: Flag },
      { path: 'segments', text: frame.pages.segments, icon: Users },
      { path: 'experiments', text: frame.pages.experiments, icon: FlaskConical },
      { path: 'goals', text: frame.pages.goals, icon: Goal },
      { path: 'layers', text: frame.pages.layers, icon: Layers },
      { path: 'holdouts', text: frame.pages.holdouts, icon: UserMinus },
      { path: 'operations', text: frame.pages.operations, icon: Workflow },
    ],
  },
  {
    title: frame.groupTitles.observe,
    items: [
      { path: 'insights', text: frame.pages.insights, icon: Gauge },
      { path: 'jobs', text: frame.pages.jobs, icon: Activity },
      { path: 'history', text: frame.pages.history, icon: ScrollText },
      { path: 'portability', text: frame.pages.portability, icon: Blocks },
    ],
  },
  {
    title: frame.groupTitles.setUp,
    items: [
      { path: 'keys', text: frame.pages.keys, icon: KeyRound },
      { path: 'members', text: frame.pages.members, icon: UserCog },
      { path: 'environments', text: frame.pages.environments, icon: Boxes },
      { path: 'webhooks', text: frame.pages.webhooks, icon: Webhook },
      { path: 'transfer', text: frame.pages.transfer, icon: ArrowDownUp },
      { path: 'settings', text: frame.pages.settings, icon: Settings },
    ],
  },
]
