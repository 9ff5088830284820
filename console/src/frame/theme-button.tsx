// Goes from the system's theme to light, to dark, and back.
import { Moon, Sun, SunMoon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { frame } from '../messages/frame.ts'
import { Button } from '../ui/button.tsx'
import { applyTheme, readTheme, type Theme } from './theme.ts'

const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const icons = { system: SunMoon, light: Sun, dark: Moon }

export function ThemeButton() {
  const [theme, setTheme] = useState(readTheme)
  useEffect(() => applyTheme(theme), [theme])
  const Icon = icons[theme]
  const text = frame.theme[theme]
  return (
    <Button look="ghost" icon small aria-label={text} title={text} onClick={() => setTheme(next[theme])}>
      <Icon size={15} />
    </Button>
  )
}
