// `npm run deploy -- --plan`: what would be made and what it costs, without a network. Pure.
import {
  type Installation,
  creationsOf,
  frontOf,
  partsOf,
  resourceKinds,
  resourceNames,
  workerName,
} from './installation.ts'
import { titles } from './install.ts'
import { costLines } from './monthly-cost.ts'

/** Lines of text. */
export function planOf(installation: Installation, environment: string): string[] {
  const { name, profile, jurisdiction, domain, made, uploaded, firstEnvironment } = installation
  const names = resourceNames(name)
  const front = workerName(name, frontOf(profile))
  const missing = new Set(creationsOf(installation).map(({ kind }) => kind))
  const mark = (isThere: boolean) => (isThere ? 'kept    ' : 'new     ')
  return [
    `Installation ${name}, ${profile === 'one' ? 'one Worker' : 'three Workers'}` +
      (jurisdiction === undefined ? '' : `, jurisdiction ${jurisdiction}`),
    '',
    ...resourceKinds.map((kind) => `  ${mark(!missing.has(kind))}${names[kind]} (${titles[kind]})`),
    `  ${made.d1 === undefined ? 'new     ' : 'checked '}migrations, before the code`,
    ...partsOf(profile).map((part) => {
      const worker = workerName(name, part)
      return `  ${uploaded.includes(worker) ? 'replaced' : 'new     '} ${worker} (Worker)`
    }),
    `  ${uploaded.includes(front) ? 'kept    ' : 'new     '}EXPOSURE_SECRET of ${front}`,
    ...(firstEnvironment === undefined && environment !== 'none'
      ? [`  new     an owner's token, the environment ${environment}, its keys, the runner's token`]
      : []),
    domain === undefined
      ? '  address  workers.dev, where nothing is cached between isolates: give --domain for production'
      : `  address  https://${domain}; nothing on workers.dev`,
    '',
    'Plan: Workers Paid. On Workers Free it runs too, but a queue keeps events for one day instead of 14, and what',
    'is refused beyond the daily limits is lost. R2 must be enabled in the dashboard once, on both plans.',
    '',
    'A month on paper, of Workers Paid after what it includes (docs/guides/costs.md):',
    '',
    ...costLines(),
  ]
}
