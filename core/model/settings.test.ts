import { expect, it } from 'vitest'
import { buildSnapshot, settingsOf } from './snapshot.ts'
import { Settings } from './settings.ts'

const bare = { environmentId: 'production', revision: 1, modifiedAt: 0, flags: [], segments: [], sdkKeys: [] }

it('reads a snapshot without settings as the schema fills them in', () => {
  expect(settingsOf(buildSnapshot(bare))).toEqual(Settings.parse({}))
})

it('carries settings that differ', () => {
  const settings = Settings.parse({ bucketingFile: 'by-key', pathPrefix: '/a/b' })
  expect(settingsOf(buildSnapshot({ ...bare, settings }))).toEqual(settings)
})
