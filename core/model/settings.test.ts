import { expect, it } from 'vitest'
import { buildSnapshot, settingsOf } from './snapshot.ts'
import { Settings } from './settings.ts'

const bare = { environmentId: 'production', revision: 1, modifiedAt: 0, flags: [], segments: [], sdkKeys: [] }

it('returns the defaults of the schema for a snapshot without settings', () => {
  expect(settingsOf(buildSnapshot(bare))).toEqual(Settings.parse({}))
})

it('includes settings that differ from the defaults', () => {
  const settings = Settings.parse({ bucketingFile: 'by-key', pathPrefix: '/a/b' })
  expect(settingsOf(buildSnapshot({ ...bare, settings }))).toEqual(settings)
})
