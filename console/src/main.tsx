// Starts the console: token, theme, fonts, query cache, router.
import '@fontsource-variable/geist/wght.css'
import '@fontsource-variable/geist-mono/wght.css'
import './tokens.css'
import './base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { askAhead } from './api/ahead.ts'
import { queries } from './api/queries.ts'
import { tellFailures } from './frame/tell-failures.ts'
import { applyTheme, readTheme } from './frame/theme.ts'
import { language } from './messages/catalogue.ts'
import { router } from './router.tsx'
import { takeTokenFromAddress } from './session.ts'

// zod would try to compile code, which the policy refuses; it reads this where it is loaded
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })
takeTokenFromAddress()
tellFailures()
askAhead(location.pathname)
applyTheme(readTheme())
document.documentElement.lang = language
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
)
