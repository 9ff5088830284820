// Every state has an address. Pages come when they are asked for; the list of flags is the only one in the
// first load.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'
import type { DebuggerSearch } from './flags/debugger.tsx'
import { fromAddress, toAddress } from './flags/key-in-address.ts'
import { FlagsPage } from './flags/list.tsx'
import { type Choice, orders, views } from './flags/views.ts'
import { Broken, NoSuchPage } from './frame/broken.tsx'
import { FirstEnvironment } from './frame/first-environment.tsx'
import { Shell } from './frame/shell.tsx'
import { SignedIn } from './frame/sign-in.tsx'

const root = createRootRoute({ component: Outlet })
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })
const index = createRoute({ getParentRoute: () => signedIn, path: '/', component: FirstEnvironment })
const environment = createRoute({
  getParentRoute: () => signedIn,
  path: '/environments/$environment',
  component: Shell,
})

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
const oneOf = <T extends string>(options: readonly T[], value: unknown): T | undefined =>
  options.find((option) => option === value)

const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
/** The router parses what reads as JSON. */
const jsonText = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value)

type FlagsSearch = Choice & { readonly create?: true }
const flags = createRoute({
  getParentRoute: () => environment,
  path: 'flags',
  component: FlagsPage,
  validateSearch: (search): FlagsSearch => {
    const choice = {
      q: text(search['q']),
      view: oneOf(views, search['view']),
      type: text(search['type']),
      tag: text(search['tag']),
      maintainer: text(search['maintainer']),
      sort: oneOf(orders, search['sort']),
      down: search['down'] === true ? true : undefined,
      create: search['create'] === true ? true : undefined,
    }
    return Object.fromEntries(
      Object.entries(choice).filter(([, value]) => value !== undefined),
    ) as FlagsSearch
  },
})

const flag = createRoute({
  getParentRoute: () => environment,
  path: 'flags/$flag',
  params: {
    parse: (params) => ({ flag: fromAddress(params.flag) }),
    stringify: (params) => ({ flag: toAddress(params.flag) }),
  },
  component: lazyRouteComponent(() => import('./flags/detail.tsx')),
})
const targeting = createRoute({
  getParentRoute: () => flag,
  path: '/',
  component: lazyRouteComponent(() => import('./flags/targeting.tsx')),
})
const variations = createRoute({
  getParentRoute: () => flag,
  path: 'variations',
  component: lazyRouteComponent(() => import('./flags/variations.tsx')),
})
const debug = createRoute({
  getParentRoute: () => flag,
  path: 'debugger',
  component: lazyRouteComponent(() => import('./flags/debugger.tsx')),
  validateSearch: (search): DebuggerSearch => {
    const asked = {
      context: jsonText(search['context']),
      revision: positive(search['revision']),
      other: jsonText(search['other']),
      otherRevision: positive(search['otherRevision']),
    }
    return Object.fromEntries(
      Object.entries(asked).filter(([, value]) => value !== undefined),
    ) as DebuggerSearch
  },
})
const settings = createRoute({
  getParentRoute: () => flag,
  path: 'settings',
  component: lazyRouteComponent(() => import('./flags/settings.tsx')),
})
const running = createRoute({
  getParentRoute: () => flag,
  path: 'running',
  component: lazyRouteComponent(() => import('./flags/running.tsx')),
})
const usage = createRoute({
  getParentRoute: () => flag,
  path: 'usage',
  component: lazyRouteComponent(() => import('./flags/usage.tsx')),
})
const flagHistory = createRoute({
  getParentRoute: () => flag,
  path: 'history',
  component: lazyRouteComponent(() => import('./flags/history.tsx')),
})
const flagPortability = createRoute({
  getParentRoute: () => flag,
  path: 'portability',
  component: lazyRouteComponent(() => import('./flags/portability.tsx')),
})

const history = createRoute({
  getParentRoute: () => environment,
  path: 'history',
  component: lazyRouteComponent(() => import('./pages/history.tsx')),
})
const portability = createRoute({
  getParentRoute: () => environment,
  path: 'portability',
  component: lazyRouteComponent(() => import('./pages/portability.tsx')),
})

const experiments = createRoute({
  getParentRoute: () => environment,
  path: 'experiments',
  component: lazyRouteComponent(() => import('./experiments/list.tsx')),
})
const experiment = createRoute({
  getParentRoute: () => environment,
  path: 'experiments/$experiment',
  component: lazyRouteComponent(() => import('./experiments/detail.tsx')),
})
const operations = createRoute({
  getParentRoute: () => environment,
  path: 'operations',
  component: lazyRouteComponent(() => import('./operations/page.tsx')),
})

const overview = createRoute({
  getParentRoute: () => environment,
  path: 'overview',
  component: lazyRouteComponent(() => import('./observe/overview.tsx')),
})
const segments = createRoute({
  getParentRoute: () => environment,
  path: 'segments',
  component: lazyRouteComponent(() => import('./audience/segments.tsx')),
})
const segment = createRoute({
  getParentRoute: () => environment,
  path: 'segments/$segment',
  component: lazyRouteComponent(() => import('./audience/segment.tsx')),
})
const goals = createRoute({
  getParentRoute: () => environment,
  path: 'goals',
  component: lazyRouteComponent(() => import('./audience/goals.tsx')),
})
const layers = createRoute({
  getParentRoute: () => environment,
  path: 'layers',
  component: lazyRouteComponent(() => import('./hold-backs/layers.tsx')),
})
const holdouts = createRoute({
  getParentRoute: () => environment,
  path: 'holdouts',
  component: lazyRouteComponent(() => import('./hold-backs/holdouts.tsx')),
})
const goal = createRoute({
  getParentRoute: () => environment,
  path: 'goals/$goal',
  component: lazyRouteComponent(() => import('./audience/goal.tsx')),
})
const insights = createRoute({
  getParentRoute: () => environment,
  path: 'insights',
  component: lazyRouteComponent(() => import('./observe/insights.tsx')),
})
const jobs = createRoute({
  getParentRoute: () => environment,
  path: 'jobs',
  component: lazyRouteComponent(() => import('./observe/jobs.tsx')),
})
const keys = createRoute({
  getParentRoute: () => environment,
  path: 'keys',
  component: lazyRouteComponent(() => import('./setup/keys.tsx')),
})
const members = createRoute({
  getParentRoute: () => environment,
  path: 'members',
  component: lazyRouteComponent(() => import('./setup/members.tsx')),
})
const environmentsPage = createRoute({
  getParentRoute: () => environment,
  path: 'environments',
  component: lazyRouteComponent(() => import('./setup/environments.tsx')),
})
const transfer = createRoute({
  getParentRoute: () => environment,
  path: 'transfer',
  component: lazyRouteComponent(() => import('./transfer/page.tsx')),
})
const webhooks = createRoute({
  getParentRoute: () => environment,
  path: 'webhooks',
  component: lazyRouteComponent(() => import('./setup/webhooks.tsx')),
})

const environmentSettings = createRoute({
  getParentRoute: () => environment,
  path: 'settings',
  component: lazyRouteComponent(() => import('./setup/settings.tsx')),
})

const development = import.meta.env.DEV
  ? [
      createRoute({
        getParentRoute: () => root,
        path: '/console/components',
        component: lazyRouteComponent(() => import('./pages/components.tsx')),
      }),
    ]
  : []

const routeTree = root.addChildren([
  ...development,
  signedIn.addChildren([
    index,
    environment.addChildren([
      flags,
      flag.addChildren([
        targeting,
        variations,
        debug,
        running,
        usage,
        flagHistory,
        flagPortability,
        settings,
      ]),
      history,
      portability,
      experiments,
      experiment,
      operations,
      overview,
      segments,
      segment,
      goals,
      layers,
      holdouts,
      goal,
      insights,
      jobs,
      keys,
      members,
      environmentsPage,
      webhooks,
      transfer,
      environmentSettings,
    ]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NoSuchPage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
