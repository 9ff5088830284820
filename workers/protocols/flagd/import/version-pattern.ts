// Versions as flagd's `sem_ver` reads them, as patterns (core/text/regex.ts): with a `v` or `V` before them,
// and with one or two parts, where the missing ones count as 0.
import type { Version } from '../../../../core/text/semver.ts'

const part = '(?:0|[1-9]\\d*)'
const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const build = '(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const rest = `(?:-${identifier}(?:\\.${identifier})*)?${build}`

export const anyVersion = `^[vV]?(?:${part}(?:\\.${part})?|${part}\\.${part}\\.${part}${rest})$`

/** The same major version (`^`), or the same major and minor version (`~`). */
export function sameVersion({ parts: [major, minor] }: Version, operator: '^' | '~'): string {
  const short =
    operator === '^' ? `${major}(?:\\.${part})?` : minor === 0 ? `${major}(?:\\.0)?` : `${major}\\.${minor}`
  const full = operator === '^' ? `${major}\\.${part}\\.${part}` : `${major}\\.${minor}\\.${part}`
  return `^[vV]?(?:${short}|${full}${rest})$`
}
