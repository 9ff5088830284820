// Words of the report on requests, and of the size of the snapshot.
import { inLanguage, language, number } from './catalogue.ts'

export const requests = inLanguage({
  en: {
    title: 'Requests',
    hint: 'of SDKs at the edge, answered and refused, as Cloudflare counted them',
    ask: 'Count requests',
    askHint: 'Read from Analytics Engine when asked: Cloudflare bills each query.',
    none: 'No SDK has asked in this window.',
    sampled: 'Estimates: Cloudflare keeps a sample of so many requests.',
    label: 'requests by hour, refused in red',
    protocol: 'Protocol',
    outcome: 'Outcome',
    requests: 'Requests',
    decisions: 'Decisions',
    p95: '95 % within',
    stale: 'Snapshot confirmed before, on average',
    ms: (value: string) => `${value} ms`,
    snapshot: 'Snapshot',
    snapshotHint: 'what edge reads: all flags and segments at one revision',
    size: 'Size',
    of: (bytes: string, most: string) => `${bytes} of ${most} at most`,
    revision: 'Revision',
    revisionNumber: (revision: number) => number(revision),
    noSnapshot: 'Nothing is published yet.',
  },
  de: {
    title: 'Anfragen',
    hint: 'von SDKs am Rand des Netzes, beantwortet und abgelehnt, wie Cloudflare sie zählte',
    ask: 'Anfragen zählen',
    askHint: 'Wird auf Wunsch aus Analytics Engine gelesen: Cloudflare berechnet jede Abfrage.',
    none: 'In diesem Fenster hat kein SDK gefragt.',
    sampled: 'Schätzungen: von so vielen Anfragen behält Cloudflare eine Stichprobe.',
    label: 'Anfragen je Stunde, abgelehnte in Rot',
    protocol: 'Protokoll',
    outcome: 'Ausgang',
    requests: 'Anfragen',
    decisions: 'Entscheidungen',
    p95: '95 % in höchstens',
    stale: 'Snapshot im Mittel bestätigt vor',
    ms: (value) => `${value} ms`,
    snapshot: 'Snapshot',
    snapshotHint: 'was der Rand des Netzes liest: alle Flags und Segmente einer Revision',
    size: 'Größe',
    of: (bytes, most) => `${bytes} von höchstens ${most}`,
    revision: 'Revision',
    revisionNumber: (revision) => number(revision),
    noSnapshot: 'Noch ist nichts veröffentlicht.',
  },
})

const sizes = (unit: 'kilobyte' | 'megabyte') =>
  new Intl.NumberFormat(language, { style: 'unit', unit, maximumSignificantDigits: 3 })
const [kilobytes, megabytes] = [sizes('kilobyte'), sizes('megabyte')]
/** `12.3 kB`, `25 MB`: thousands, not 1,024. */
export const bytesText = (bytes: number): string =>
  bytes < 1_000_000 ? kilobytes.format(bytes / 1_000) : megabytes.format(bytes / 1_000_000)
