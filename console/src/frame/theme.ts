// Light, dark or as the system says; remembered in this browser.
export type Theme = 'system' | 'light' | 'dark'

const slot = 'tackline-theme'
const isTheme = (text: string | null): text is Theme =>
  text === 'light' || text === 'dark' || text === 'system'

export function readTheme(): Theme {
  const stored = localStorage.getItem(slot)
  return isTheme(stored) ? stored : 'system'
}

export function applyTheme(theme: Theme): void {
  localStorage.setItem(slot, theme)
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
}
