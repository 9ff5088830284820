// The system's Chromium, driven by playwright-core.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Undefined if there is none: CHROMIUM names another one. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

export const launchChromium = (): Promise<Browser> => {
  if (chromiumPath === undefined) throw new Error('there is no Chromium: name one with CHROMIUM')
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
}
