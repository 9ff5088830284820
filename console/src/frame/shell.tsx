// The frame of every page of an environment: where one is, where one can go, and the palette.
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { ChevronsUpDown, Lock, Menu, Search } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import { useLive } from '../api/live.ts'
import { useEnvironment, useEnvironmentId } from '../api/place.ts'
import { environmentsQuery, settingsQuery } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { frame } from '../messages/frame.ts'
import { isSessionOver, onSessionOver } from '../session.ts'
import { Note } from '../ui/page.tsx'
import { join } from '../ui/join.ts'
import { Toasts } from '../ui/toasts.tsx'
import { useOnline } from '../ui/use-online.ts'
import css from './frame.module.css'
import { navigation } from './navigation.ts'
import { ThemeButton } from './theme-button.tsx'

// Menus and the palette come after the first paint: they are a third of the budget, and nobody opens them in
// the first second.
const loadSwitcher = () => import('./switcher.tsx')
const loadPalette = () => import('./palette.tsx')
const Switcher = lazy(loadSwitcher)
const Account = lazy(() => import('./account.tsx'))
const Palette = lazy(loadPalette)
const SignInAgain = lazy(() => import('./sign-in-again.tsx'))

export function Shell() {
  const environment = useEnvironmentId()
  const place = useEnvironment()
  useQuery(settingsQuery(environment))
  const [isPaletteOpen, setPaletteOpen] = useState(false)
  const [isNavigationOpen, setNavigationOpen] = useState(false)
  const isIdle = useIdle()
  const isOver = useSyncExternalStore(onSessionOver, isSessionOver)
  useShortcut('k', () => setPaletteOpen(true))
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => setNavigationOpen(false), [path])

  return (
    <div className={join(css['shell'], place?.production && css['production'])}>
      <a className={css['skip']} href="#main">
        {frame.skip}
      </a>
      <header className={css['top']}>
        <button
          type="button"
          className={css['menu']}
          aria-label={frame.openNavigation}
          aria-expanded={isNavigationOpen}
          onClick={() => setNavigationOpen(!isNavigationOpen)}
        >
          <Menu size={18} />
        </button>
        <Link
          to="/environments/$environment/flags"
          params={{ environment }}
          className={css['logo']}
          aria-label={frame.home}
        >
          <img src="/icon.svg" width="20" height="20" alt="" />
          <span>Tackline</span>
        </Link>
        <Place isIdle={isIdle} />
        <button
          type="button"
          className={css['search']}
          aria-label={`${frame.searchShort} Ctrl K`}
          onClick={() => setPaletteOpen(true)}
          onPointerEnter={() => void loadPalette()}
        >
          <Search size={14} aria-hidden />
          <span>{frame.searchShort}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <LiveMark environment={environment} />
        <ThemeButton />
        {isIdle && (
          <Suspense fallback={<span className={css['avatar']} />}>
            <Account />
          </Suspense>
        )}
      </header>
      <nav className={css['nav']} aria-label={frame.navigation} data-open={isNavigationOpen || undefined}>
        {navigation.map(({ title, items }) => (
          <div key={title ?? ''}>
            {title && <h2>{title}</h2>}
            {items.map(({ path: to, text, icon: Icon }) => (
              <Link key={to} to={`/environments/$environment/${to}` as '/'} params={{ environment } as never}>
                <Icon size={15} aria-hidden />
                {text}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <main className={css['main']} id="main" tabIndex={-1}>
        <OfflineNote />
        <Outlet />
      </main>
      {isPaletteOpen && (
        <Suspense>
          <Palette environment={environment} onClose={() => setPaletteOpen(false)} />
        </Suspense>
      )}
      {isOver && (
        <Suspense>
          <SignInAgain />
        </Suspense>
      )}
      <Toasts />
    </div>
  )
}

/** Project and environment: plain text until the menus are loaded. */
function Place({ isIdle }: { isIdle: boolean }) {
  const place = useEnvironment()
  const id = useEnvironmentId()
  const { data: environments } = useQuery(environmentsQuery())
  const project = place?.projectId ?? ''
  const shown = (
    <>
      {place?.production ? (
        <span className={css['env-chip']}>
          <Lock size={11} aria-hidden />
          <span>{place.name || id}</span>
        </span>
      ) : (
        <span className={css['env']}>{place?.name || id}</span>
      )}
      <ChevronsUpDown size={13} aria-hidden />
    </>
  )
  const plain = (text: ReactNode) => <span className={css['crumb']}>{text}</span>
  const hasProjects = new Set(environments?.map(({ projectId }) => projectId)).size > 1
  return (
    <>
      {hasProjects && (
        <span className={css['wide']}>
          <span className={css['slash']}>/</span>
          {plain(project)}
        </span>
      )}
      <span className={css['slash']}>/</span>
      {isIdle ? (
        <Suspense fallback={plain(shown)}>
          <Switcher>{shown}</Switcher>
        </Suspense>
      ) : (
        plain(shown)
      )}
    </>
  )
}

function LiveMark({ environment }: { environment: string }) {
  const { published, isConnected } = useLive(environment)
  if (!published) return null
  const { revision, unpublished } = published
  const state = !isConnected ? 'off' : unpublished ? 'behind' : 'on'
  return (
    <span
      className={css['live']}
      title={unpublished ? frame.behind(unpublished.revision) : frame.liveHint}
      data-state={state}
    >
      <i />
      <span>{isConnected ? frame.live(revision) : frame.disconnected}</span>
    </span>
  )
}

function OfflineNote() {
  const isOnline = useOnline()
  return isOnline ? null : (
    <div className={css['note']}>
      <Note tone="warning" alert>
        {common.offline}
      </Note>
    </div>
  )
}

function useIdle(): boolean {
  const [isIdle, setIsIdle] = useState(false)
  useEffect(() => {
    const later = requestIdleCallback(() => setIsIdle(true), { timeout: 1_000 })
    return () => cancelIdleCallback(later)
  }, [])
  return isIdle
}

/** Ctrl or Cmd and the key. */
function useShortcut(key: string, run: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== key || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      run()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}
