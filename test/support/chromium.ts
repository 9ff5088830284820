// The system's Chromium, driven by playwright-core. Tests that need it skip without it; with
// TACKLINE_CHROMIUM=required they run and fail instead.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** CHROMIUM names another one. */
const chromiumPath: string | undefined = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

/** Whether tests that need it run. */
export const hasChromium = chromiumPath !== undefined || process.env['TACKLINE_CHROMIUM'] === 'required'

export const launchChromium = (): Promise<Browser> => {
  if (chromiumPath === undefined) throw new Error('there is no Chromium: name one with CHROMIUM')
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
}
