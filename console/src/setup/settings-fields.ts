// The settings of an environment as they are typed, and what of them differs. Pure.
import type * as z from 'zod'
import { keepDaysOfKind } from '../../../core/model/retention.ts'
import { Settings, type StoredSettings } from '../../../core/model/settings.ts'
import { combineLists, optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { flag } from '../messages/flag.ts'
import { settings as words } from '../messages/settings.ts'

type Stored = Omit<z.infer<typeof StoredSettings>, 'version' | 'createdAt' | 'updatedAt'>

/** Days after which the events of one kind go. */
export const keptOfKind = Object.values(keepDaysOfKind)
const wholeNumbers = [
  'intakePerMinute',
  'failedRunsUntilTold',
  'staleAfterDays',
  'keepEventsDays',
  ...keptOfKind,
] as const
export type WholeNumber = (typeof wholeNumbers)[number]

export const fieldsOf = (settings: Stored) => {
  const { requireComment, defaultAllocation, bucketingFile, disabledFlags, streams, enrichContext } = settings
  const { pathPrefix = '', unlistedAttributes = [] } = settings
  const typed = wholeNumbers.map((field) => [field, String(settings[field] ?? '')])
  return {
    ...(Object.fromEntries(typed) as Record<WholeNumber, string>),
    requireComment,
    defaultAllocation,
    bucketingFile,
    disabledFlags,
    streams,
    enrichContext,
    pathPrefix,
    unlistedAttributes: unlistedAttributes as readonly string[],
  }
}
type Fields = ReturnType<typeof fieldsOf>

type Versioned = Stored & { readonly version: number }
export const servingForm: FormOf<Versioned, Fields> = {
  empty: fieldsOf(Settings.parse({})),
  fieldsOf,
  rules: {
    intakePerMinute: { label: words.intakePerMinute },
    failedRunsUntilTold: { label: words.failedRunsUntilTold },
    staleAfterDays: { label: words.staleAfterDays },
    keepEventsDays: { label: words.keepEventsDays },
    keepExposureDays: { label: words.keepExposureDays },
    keepTrackingDays: { label: words.keepTrackingDays },
    keepAliasDays: { label: words.keepAliasDays },
    keepSdkReportDays: { label: words.keepSdkReportDays },
    requireComment: { label: words.requireComment },
    defaultAllocation: { label: words.defaultAllocation, text: optionText(flag.settings.allocations) },
    bucketingFile: { label: words.bucketingFile, text: optionText(words.bucketingFiles) },
    disabledFlags: { label: words.disabledFlags, text: optionText(words.disabledFlagsOptions) },
    streams: { label: words.streams },
    enrichContext: { label: words.enrichContext },
    pathPrefix: { label: words.pathPrefix },
    unlistedAttributes: { label: words.unlistedAttributes, combine: combineLists },
  },
}

/** As the API takes them: null removes. What is no number goes as it is, and is refused by name. */
export function changesOf(settings: Stored, fields: Fields): Partial<Record<keyof Fields, unknown>> {
  const before = fieldsOf(settings)
  const differ = (Object.keys(fields) as (keyof Fields)[]).filter(
    (field) => JSON.stringify(fields[field]) !== JSON.stringify(before[field]),
  )
  return Object.fromEntries(differ.map((field) => [field, sent(field, fields[field])]))
}

function sent(field: keyof Fields, value: Fields[keyof Fields]): unknown {
  if (field === 'pathPrefix') return value === '' ? null : value
  if (!wholeNumbers.includes(field as WholeNumber)) return value
  const text = String(value).trim()
  return text === '' ? null : Number(text)
}
